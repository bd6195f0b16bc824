#include "services/access/own_roles.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/service/method.h"
#include "shared/service/rights.h"
#include "vivier/access/v1/reasons.pb.h"

namespace vivier::access {

using rpc::Call;
using security::v1::RoleAssignment;

namespace {

template <class Holder>
bool Holds(const Holder& holder, const std::string& role) {
  return std::any_of(
      holder.roles().begin(), holder.roles().end(),
      [&role](const RoleAssignment& assignment) { return assignment.role() == role; });
}

// Rows whose list of roles has the name in it: part of a longer name, perhaps, so each is looked
// at.
template <class Holder>
absl::StatusOr<std::vector<Holder>> HoldersOf(Call& call, const storage::Rows<Holder>& table,
                                              const std::string& role) {
  ASSIGN_OR_RETURN(std::vector<Holder> holders, table.Select(call, "roles LIKE $2 ORDER BY name",
                                                             {absl::StrCat("%", role, "%")}));
  holders.erase(std::remove_if(holders.begin(), holders.end(),
                               [&](const Holder& h) { return !Holds(h, role); }),
                holders.end());
  return holders;
}

}  // namespace

absl::Status CheckPermissions(const security::Caller& caller, const std::string& school,
                              const v1::Role& role) {
  for (int i = 0; i < role.permissions_size(); ++i) {
    const std::string& permission = role.permissions(i);
    const std::string field = absl::StrCat("role.permissions[", i, "]");
    if (!rpc::IsPermission(permission)) return InvalidField(field, "is what no rpc asks for");
    if (!security::IsOfStaff(permission))
      return InvalidField(field, "is not for the school's staff");
    if (!security::Allows(caller, permission, school)) return NotAllowed(role.name());
  }
  return absl::OkStatus();
}

void OwnRoles::AddTo(rpc::Service& service) {
  service
      .Standard(roles_, rpc::BeforeStore<v1::Role>(
                            [this](Call& call, const v1::Role* before, v1::Role& after) {
                              return CheckRole(call, before, after);
                            }))
      .On(*this, &OwnRoles::DeleteRole);
}

absl::Status OwnRoles::CheckRole(Call& call, const v1::Role* before, v1::Role& after) {
  RETURN_IF_ERROR(CheckPermissions(call.caller(), call.school(), after));
  if (before == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<v1::Membership> holders,
                   HoldersOf(call, memberships_, after.name()));
  for (const v1::Membership& holder : holders) {
    ASSIGN_OR_RETURN(std::vector<RoleAssignment> roles,
                     Resolve(call, "membership", holder.roles()));
    for (RoleAssignment& role : roles)
      if (role.role() == after.name()) *role.mutable_permissions() = after.permissions();
    RETURN_IF_ERROR(rpc::GiveRights(call, holder.name(), holder.subject(), roles));
  }
  return absl::OkStatus();
}

absl::StatusOr<google::protobuf::Empty> OwnRoles::DeleteRole(Call& call,
                                                             const v1::DeleteRoleRequest& request) {
  ASSIGN_OR_RETURN(v1::Role role, roles_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(std::vector<v1::Membership> members, HoldersOf(call, memberships_, role.name()));
  ASSIGN_OR_RETURN(std::vector<v1::Invitation> invited, HoldersOf(call, invitations_, role.name()));
  if (!members.empty() || !invited.empty())
    return Refused(v1::ROLE_IN_USE, "a membership or an invitation names the role",
                   {{"resource", members.empty() ? invited[0].name() : members[0].name()}});
  RETURN_IF_ERROR(roles_.Delete(call, role.name()));
  return google::protobuf::Empty();
}

absl::StatusOr<std::vector<RoleAssignment>> OwnRoles::Resolve(Call& call, const std::string& holder,
                                                              const Roles& roles) {
  std::vector<RoleAssignment> resolved(roles.begin(), roles.end());
  for (size_t i = 0; i < resolved.size(); ++i) {
    if (!IsOwnRole(call.school(), resolved[i].role())) continue;
    ASSIGN_OR_RETURN(std::optional<v1::Role> own, roles_.Find(call, resolved[i].role()));
    if (!own.has_value())
      return InvalidField(absl::StrCat(holder, ".roles[", i, "].role"),
                          "is no role that can be given");
    *resolved[i].mutable_permissions() = own->permissions();
  }
  return resolved;
}

}  // namespace vivier::access
