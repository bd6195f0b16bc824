// Who may do what: members, and those who come without an account that the school knows: candidates
// and learners by one-time links, the invited, partners' programs. Of the latter each shows a
// secret of which nothing but the hash is kept, among the rights (shared/service/rights.h): a right
// that ends makes the secret worthless. Stateless besides its tables, hence thread-safe.
//
//   invitations.cc   partner_clients.cc   own_roles.h; what is decided is decided in access_rules.h
#pragma once

#include <string>

#include "services/enrolment/own_roles.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/invitations.pb.h"
#include "vivier/enrolment/v1/memberships.pb.h"
#include "vivier/enrolment/v1/partner_clients.pb.h"

namespace vivier::enrolment {

class Access {
 public:
  // Puts its rpcs and ticks into the service.
  void AddTo(rpc::Service& service);

 private:
  // Before a membership is stored: announces what its principal may do from now on.
  absl::Status KeepMembership(rpc::Call& call, const v1::Membership* before, v1::Membership& after);
  absl::StatusOr<v1::CreateInvitationResponse> CreateInvitation(
      rpc::Call& call, const v1::CreateInvitationRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteInvitation(
      rpc::Call& call, const v1::DeleteInvitationRequest& request);
  absl::StatusOr<v1::Membership> AcceptInvitation(rpc::Call& call,
                                                  const v1::AcceptInvitationRequest& request);
  absl::Status ExpireInvitation(rpc::Call& call, const std::string& name);
  absl::Status Forget(rpc::Call& call, const v1::Invitation& invitation);

  absl::StatusOr<v1::PartnerClientSecret> CreatePartnerClient(
      rpc::Call& call, const v1::CreatePartnerClientRequest& request);
  absl::StatusOr<v1::PartnerClientSecret> RotatePartnerClientSecret(
      rpc::Call& call, const v1::RotatePartnerClientSecretRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeletePartnerClient(
      rpc::Call& call, const v1::DeletePartnerClientRequest& request);
  absl::StatusOr<v1::OpenPartnerSessionResponse> OpenPartnerSession(
      rpc::Call& call, const v1::OpenPartnerSessionRequest& request);
  // Gives the client its next secret and answers it.
  absl::StatusOr<v1::PartnerClientSecret> NextSecret(rpc::Call& call, v1::PartnerClient& client);
  absl::Status EndSessions(rpc::Call& call, const v1::PartnerClient& client);

  OwnRoles own_roles_;
  storage::Table<v1::Invitation> invitations_;
  storage::Table<v1::PartnerClient> clients_;
  storage::Table<v1::Membership> memberships_;
};

}  // namespace vivier::enrolment
