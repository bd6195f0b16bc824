// Who holds which role at the school.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/rpc/call.h"
#include "vivier/enrolment/v1/resources.pb.h"

namespace vivier::enrolment {

using Roles = google::protobuf::RepeatedPtrField<security::v1::RoleAssignment>;

// INVALID_ARGUMENT, naming the field of the request's `holder` ("membership"), for a role that is none of the house's
// or not given to people, a partner without his company, with a scope or beside other roles, a company with another
// role, a scope that is no cohort of the school, an end that is not after the start.
absl::Status CheckRoles(const std::string& school, const std::string& holder, const Roles& roles);

// Before a membership is stored: announces what its principal may do from now on.
absl::Status CheckMembership(rpc::Call& call, const v1::Membership* before, v1::Membership& after);

}  // namespace vivier::enrolment
