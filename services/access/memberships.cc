#include "services/access/memberships.h"

#include <vector>

#include "services/access/rules.h"
#include "shared/base/date.h"
#include "shared/base/status.h"
#include "shared/service/rights.h"

namespace vivier::access {

using rpc::Call;
using v1::Membership;

void Memberships::AddTo(rpc::Service& service) {
  service.Standard(
      memberships_,
      rpc::BeforeStore<Membership>([this](Call& call, const Membership* before, Membership& after) {
        return Give(call, before, after);
      }));
}

absl::Status Memberships::Give(Call& call, const Membership* before, Membership& after) {
  RETURN_IF_ERROR(CheckMembership(call.school(), after));
  ASSIGN_OR_RETURN(std::vector<security::v1::RoleAssignment> roles,
                   own_roles_.Resolve(call, "membership", after.roles()));
  if (before == nullptr) *after.mutable_create_time() = ToTimestamp(call.time());
  return rpc::GiveRights(call, after.name(), after.subject(), roles);
}

absl::Status Memberships::Add(Call& call, Membership& membership) {
  RETURN_IF_ERROR(Give(call, nullptr, membership));
  return memberships_.Insert(call, membership);
}

absl::StatusOr<std::optional<Membership>> Memberships::Of(Call& call, const std::string& subject) {
  return memberships_.First(call, "subject = $2", {subject});
}

}  // namespace vivier::access
