// The roles that a school makes for itself, and what follows from memberships that hold them.
// Stateless besides its tables, hence thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/access/rules.h"
#include "shared/service/service.h"
#include "vivier/access/v1/invitations.pb.h"
#include "vivier/access/v1/memberships.pb.h"
#include "vivier/access/v1/roles.pb.h"

namespace vivier::access {

// Of a permission that a role of the school's own may not give: INVALID_ARGUMENT where no rpc asks
// for it or no role of the school's staff has it, as to hand out rights, by which its holder could
// give themselves any other; NotAllowed where the caller does not have it themselves.
absl::Status CheckPermissions(const security::Caller& caller, const std::string& school,
                              const v1::Role& role);

class OwnRoles {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  // `roles` with what the school's own ones among them give. INVALID_ARGUMENT, naming the field of
  // the request's `holder` ("membership"), for one that the school does not have.
  absl::StatusOr<std::vector<security::v1::RoleAssignment>> Resolve(rpc::Call& call,
                                                                    const std::string& holder,
                                                                    const Roles& roles);

 private:
  absl::Status CheckRole(rpc::Call& call, const v1::Role* before, v1::Role& after);
  absl::StatusOr<google::protobuf::Empty> DeleteRole(rpc::Call& call,
                                                     const v1::DeleteRoleRequest& request);

  storage::Table<v1::Role> roles_;
  storage::Rows<v1::Membership> memberships_;
  storage::Rows<v1::Invitation> invitations_;
};

}  // namespace vivier::access
