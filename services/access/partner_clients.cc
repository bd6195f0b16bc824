#include "services/access/partner_clients.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/access/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/role_assignment.h"
#include "shared/security/secret.h"
#include "shared/security/tokens/token.h"
#include "shared/service/rights.h"

namespace vivier::access {

using rpc::Call;
using v1::PartnerClient;

namespace {

constexpr char kSecretRole[] = "secret:client";
constexpr int kSecretsMax = 2;

// What gives a secret or session its right. A number comes again after some others, and so ends
// what had it.
std::string NumberedSecretName(const PartnerClient& client, int number) {
  return absl::StrCat(client.name(), "/secrets/", number % kSecretsMax);
}

std::string SessionName(const PartnerClient& client, int64_t number) {
  return absl::StrCat(client.name(), "/sessions/", number % kPartnerSessionsMax);
}

}  // namespace

void PartnerClients::AddTo(rpc::Service& service) {
  service.Standard(clients_)
      .On(*this, &PartnerClients::CreatePartnerClient)
      .On(*this, &PartnerClients::RotatePartnerClientSecret)
      .On(*this, &PartnerClients::DeletePartnerClient)
      .On(*this, &PartnerClients::OpenPartnerSession);
}

absl::StatusOr<v1::PartnerClientSecret> PartnerClients::NextSecret(Call& call,
                                                                   PartnerClient& client) {
  client.set_secrets(client.secrets() + 1);
  *client.mutable_rotate_time() = ToTimestamp(call.time());
  v1::PartnerClientSecret secret;
  secret.set_partner_client(client.name());
  secret.set_secret(security::NewSecret());
  if (client.has_old_secret_end_time())
    *secret.mutable_old_secret_end_time() = client.old_secret_end_time();
  RETURN_IF_ERROR(rpc::GiveRights(call, NumberedSecretName(client, client.secrets()),
                                  security::PrincipalOf(secret.secret()),
                                  {security::RoleUntil(kSecretRole)}));
  return secret;
}

absl::StatusOr<v1::PartnerClientSecret> PartnerClients::CreatePartnerClient(
    Call& call, const v1::CreatePartnerClientRequest& request) {
  PartnerClient client = request.partner_client();
  client.set_name(absl::StrCat(request.parent(), "/partnerClients/", request.partner_client_id()));
  *client.mutable_create_time() = ToTimestamp(call.time());
  ASSIGN_OR_RETURN(v1::PartnerClientSecret secret, NextSecret(call, client));
  RETURN_IF_ERROR(clients_.Insert(call, client));
  return secret;
}

absl::StatusOr<v1::PartnerClientSecret> PartnerClients::RotatePartnerClientSecret(
    Call& call, const v1::RotatePartnerClientSecretRequest& request) {
  ASSIGN_OR_RETURN(PartnerClient client, clients_.Get(call, request.name(), request.etag()));
  const std::string old = NumberedSecretName(client, client.secrets());
  client.clear_old_secret_end_time();
  if (request.stolen()) {
    RETURN_IF_ERROR(rpc::EndRights(call, old));
    RETURN_IF_ERROR(EndSessions(call, client));
  } else {
    const absl::Time end = call.time() + kSecretOverlap;
    *client.mutable_old_secret_end_time() = ToTimestamp(end);
    ASSIGN_OR_RETURN(std::string holder, rpc::SubjectOf(call.unit().transaction(), old));
    RETURN_IF_ERROR(rpc::GiveRights(call, old, holder, {security::RoleUntil(kSecretRole, end)}));
  }
  ASSIGN_OR_RETURN(v1::PartnerClientSecret secret, NextSecret(call, client));
  RETURN_IF_ERROR(clients_.Update(call, client));
  return secret;
}

absl::StatusOr<google::protobuf::Empty> PartnerClients::DeletePartnerClient(
    Call& call, const v1::DeletePartnerClientRequest& request) {
  ASSIGN_OR_RETURN(PartnerClient client, clients_.Get(call, request.name(), request.etag()));
  for (int number = 0; number < kSecretsMax; ++number)
    RETURN_IF_ERROR(rpc::EndRights(call, NumberedSecretName(client, number)));
  RETURN_IF_ERROR(EndSessions(call, client));
  RETURN_IF_ERROR(clients_.Delete(call, client.name()));
  return google::protobuf::Empty();
}

absl::Status PartnerClients::EndSessions(Call& call, const PartnerClient& client) {
  const int64_t opened = std::min<int64_t>(client.sessions(), kPartnerSessionsMax);
  for (int64_t i = 0; i < opened; ++i)
    RETURN_IF_ERROR(rpc::EndRights(call, SessionName(client, client.sessions() - i)));
  return absl::OkStatus();
}

// Who shows the secret is called by the client's name (rpc::Entitled).
absl::StatusOr<v1::OpenPartnerSessionResponse> PartnerClients::OpenPartnerSession(
    Call& call, const v1::OpenPartnerSessionRequest&) {
  ASSIGN_OR_RETURN(std::optional<PartnerClient> client, clients_.Find(call, call.caller().subject));
  if (!client.has_value()) return security::TokenRefused();
  const absl::Time end = call.time() + kPartnerSessionLife;
  client->set_sessions(client->sessions() + 1);
  *client->mutable_last_use_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(clients_.Update(call, *client));
  v1::OpenPartnerSessionResponse response;
  response.set_partner_client(client->name());
  response.set_token(security::NewSecret());
  *response.mutable_expire_time() = ToTimestamp(end);
  security::v1::RoleAssignment partner = security::RoleUntil("partner", end);
  partner.set_company(client->company());
  RETURN_IF_ERROR(rpc::GiveRights(call, SessionName(*client, client->sessions()),
                                  security::PrincipalOf(response.token()), {partner}));
  return response;
}

}  // namespace vivier::access
