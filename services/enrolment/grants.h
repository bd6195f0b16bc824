// What enrolment decides about rights: kept here, where it counts at once, and announced to the
// other services.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/service/call.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::enrolment {

// Replaces what follows from `membership`: from now on `subject` has these roles.
absl::Status GiveRights(rpc::Call& call, const std::string& membership, const std::string& subject,
                        const std::vector<security::v1::RoleAssignment>& roles);

// Nothing follows from `membership` any more.
absl::Status EndRights(rpc::Call& call, const std::string& membership);

}  // namespace vivier::enrolment
