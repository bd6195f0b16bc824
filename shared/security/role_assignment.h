// What is said of a role that somebody is given. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::security {

// The role for the whole school, without an end unless one is given.
v1::RoleAssignment RoleUntil(const std::string& role, absl::Time end = absl::InfiniteFuture());

}  // namespace vivier::security
