#include "services/enrolment/access_rules.h"

#include "shared/base/date.h"

namespace vivier::enrolment {

using security::v1::RoleAssignment;

RoleAssignment RoleUntil(const std::string& role, absl::Time end) {
  RoleAssignment assignment;
  assignment.set_role(role);
  if (end != absl::InfiniteFuture()) *assignment.mutable_end_time() = ToTimestamp(end);
  return assignment;
}

}  // namespace vivier::enrolment
