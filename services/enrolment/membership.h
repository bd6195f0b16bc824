// Who holds which role at the school.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "vivier/enrolment/v1/memberships.pb.h"

namespace vivier::enrolment {

using Roles = google::protobuf::RepeatedPtrField<security::v1::RoleAssignment>;

// Whether it is the name of one of the school's own roles.
bool IsOwnRole(const std::string& school, absl::string_view role);

// INVALID_ARGUMENT, naming the field of the request's `holder` ("membership"), for a role that is
// neither the house's nor the school's own, or not given to people, a partner without his company
// or a funder without his, one of these with a scope or beside other roles, a company or a funder
// with another role, a scope that is no cohort of the school, an end that is not after the start.
absl::Status CheckRoles(const std::string& school, const std::string& holder, const Roles& roles);

// The same for a membership, whose subject is an issuer's to give.
absl::Status CheckMembership(const std::string& school, const v1::Membership& membership);

}  // namespace vivier::enrolment
