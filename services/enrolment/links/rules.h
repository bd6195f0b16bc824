// What one-time links open, and for how long: the only place where it is decided. Pure functions;
// no clock, no storage. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/security/caller.h"
#include "vivier/enrolment/v1/links.pb.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::enrolment {

// How long a link of the purpose waits, and how long its session lasts then.
absl::Duration LinkLife(v1::AccessLink::Purpose purpose);
absl::Duration SessionLife(v1::AccessLink::Purpose purpose);

// INVALID_ARGUMENT unless the link has a purpose of those that there are, and its resource is one
// of the school for that purpose.
absl::Status CheckAccessLink(const std::string& school, const v1::AccessLink& link);

// What the session of the link may do until `end`.
std::vector<security::v1::RoleAssignment> SessionRoles(const v1::AccessLink& link, absl::Time end);

// Whether the caller may do at the school all that the link would let its bearer do: nobody gives
// away what they do not have.
bool MayGive(const security::Caller& caller, const std::string& school, const v1::AccessLink& link);

}  // namespace vivier::enrolment
