#include "shared/security/role_assignment.h"

#include "shared/base/date.h"

namespace vivier::security {

v1::RoleAssignment RoleUntil(const std::string& role, absl::Time end) {
  v1::RoleAssignment assignment;
  assignment.set_role(role);
  if (end != absl::InfiniteFuture()) *assignment.mutable_end_time() = ToTimestamp(end);
  return assignment;
}

}  // namespace vivier::security
