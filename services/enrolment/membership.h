// Who holds which role at the school.
#pragma once

#include "absl/status/status.h"
#include "shared/rpc/call.h"
#include "vivier/enrolment/v1/resources.pb.h"

namespace vivier::enrolment {

// INVALID_ARGUMENT for a role that is none of the house's or not given to people, a partner without his company or
// beside other roles, a company with another role, an end that is not after the start.
absl::Status CheckRoles(const v1::Membership& membership);

// Before a membership is stored: announces what its principal may do from now on.
absl::Status CheckMembership(rpc::Call& call, const v1::Membership* before, v1::Membership& after);

}  // namespace vivier::enrolment
