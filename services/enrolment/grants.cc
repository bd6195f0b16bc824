#include "services/enrolment/grants.h"

#include "shared/base/status.h"
#include "shared/service/rights.h"

namespace vivier::enrolment {

absl::Status GiveRights(rpc::Call& call, const std::string& membership, const std::string& subject,
                        const std::vector<security::v1::RoleAssignment>& roles) {
  security::v1::RightsChanged changed;
  changed.set_membership(membership);
  changed.set_subject(subject);
  changed.mutable_roles()->Assign(roles.begin(), roles.end());
  RETURN_IF_ERROR(rpc::StoreRights(call.unit(), changed));
  return call.Emit(changed);
}

absl::Status EndRights(rpc::Call& call, const std::string& membership) {
  return GiveRights(call, membership, "", {});
}

}  // namespace vivier::enrolment
