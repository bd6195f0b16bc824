// Invitations: roles that wait for whoever brings the secret. Stateless besides its table, hence
// thread-safe.
#pragma once

#include <string>

#include "services/access/memberships.h"
#include "services/access/own_roles.h"
#include "shared/service/service.h"
#include "vivier/access/v1/invitations.pb.h"

namespace vivier::access {

class Invitations {
 public:
  Invitations(OwnRoles& own_roles, Memberships& memberships)
      : own_roles_(own_roles), memberships_(memberships) {}

  // Puts its rpcs and its tick into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::CreateInvitationResponse> CreateInvitation(
      rpc::Call& call, const v1::CreateInvitationRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteInvitation(
      rpc::Call& call, const v1::DeleteInvitationRequest& request);
  absl::StatusOr<v1::Membership> AcceptInvitation(rpc::Call& call,
                                                  const v1::AcceptInvitationRequest& request);
  // Why a secret that stands for no invitation is refused.
  absl::Status NotInvited(rpc::Call& call, const std::string& school);
  absl::Status ExpireInvitation(rpc::Call& call, const std::string& name);
  absl::Status Forget(rpc::Call& call, const v1::Invitation& invitation);

  OwnRoles& own_roles_;
  Memberships& memberships_;
  storage::Table<v1::Invitation> invitations_;
};

}  // namespace vivier::access
