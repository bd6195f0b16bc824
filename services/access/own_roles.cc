#include "services/access/own_roles.h"

#include <functional>
#include <optional>

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

// Rows that are read at a time: a school may have any number of members.
constexpr int kHoldersPage = 100;

absl::Status ForEachHolder(Call& call, const storage::Rows<v1::Membership>& table,
                           const std::string& role,
                           const std::function<absl::Status(const v1::Membership&)>& see) {
  const std::string behind = absl::StrCat(table.Having("roles", 2), " AND name > $3 ORDER BY name");
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<v1::Membership> page,
                     table.FirstOf(call, kHoldersPage, behind, {role, after}));
    for (const v1::Membership& holder : page) RETURN_IF_ERROR(see(holder));
    if (page.size() < kHoldersPage) return absl::OkStatus();
    after = page.back().name();
  }
}

// The name of one who holds the role, "" for nobody.
template <class Holder>
absl::StatusOr<std::string> AHolder(Call& call, const storage::Rows<Holder>& table,
                                    const std::string& role) {
  ASSIGN_OR_RETURN(
      const std::optional<Holder> holder,
      table.First(call, absl::StrCat(table.Having("roles", 2), " ORDER BY name"), {role}));
  return holder.has_value() ? holder->name() : "";
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
  // All at once, however many: nobody keeps for a while what the role no longer gives.
  return ForEachHolder(call, memberships_, after.name(),
                       [&](const v1::Membership& holder) -> absl::Status {
                         ASSIGN_OR_RETURN(std::vector<RoleAssignment> roles,
                                          Resolve(call, "membership", holder.roles()));
                         for (RoleAssignment& role : roles)
                           if (role.role() == after.name())
                             *role.mutable_permissions() = after.permissions();
                         return rpc::GiveRights(call, holder.name(), holder.subject(), roles);
                       });
}

absl::StatusOr<google::protobuf::Empty> OwnRoles::DeleteRole(Call& call,
                                                             const v1::DeleteRoleRequest& request) {
  ASSIGN_OR_RETURN(v1::Role role, roles_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(std::string holder, AHolder(call, memberships_, role.name()));
  if (holder.empty()) {
    ASSIGN_OR_RETURN(holder, AHolder(call, invitations_, role.name()));
  }
  if (!holder.empty())
    return Refused(v1::ROLE_IN_USE, "a membership or an invitation names the role",
                   {{"resource", holder}});
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
