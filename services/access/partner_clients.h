// Partners' programs, their secrets and sessions. Stateless besides its table, hence thread-safe.
#pragma once

#include "shared/service/service.h"
#include "vivier/access/v1/partner_clients.pb.h"

namespace vivier::access {

class PartnerClients {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

 private:
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

  storage::Table<v1::PartnerClient> clients_;
};

}  // namespace vivier::access
