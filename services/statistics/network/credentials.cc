#include "services/statistics/network/credentials.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/statistics/network/states.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/security/role_assignment.h"
#include "shared/security/secret.h"
#include "shared/security/tokens/token.h"
#include "shared/service/rights.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {
namespace {

using rpc::Call;
using v1::MemberCredential;

constexpr char kCodeRole[] = "secret:join_code";
constexpr char kMemberRole[] = "secret:member";

std::string CodeName(const MemberCredential& credential) {
  return absl::StrCat(credential.name(), "/codes/0");
}

// What gives a secret its right. A number comes again after some others, and so ends what had it.
std::string NumberedSecretName(const std::string& credential, int64_t number) {
  return absl::StrCat(credential, "/secrets/", number % kMemberSecretsMax);
}

absl::Duration LifeOf(const MemberCredential& credential) {
  return absl::Seconds(credential.life_seconds());
}

absl::Status Revoked(const MemberCredential& credential) {
  const std::string since =
      absl::FormatTime(absl::RFC3339_sec, ToTime(credential.revoke_time()), absl::UTCTimeZone());
  return Refused(v1::CREDENTIAL_REVOKED,
                 absl::StrCat("the node takes nothing of this school any more since ", since),
                 {{"member_credential", credential.name()},
                  {"since", since},
                  {"why", credential.revoke_reason()}});
}

std::string MemberOf(const std::string& credential) {
  return NameIn(SchoolOf(credential), "members", IdOf(credential));
}

}  // namespace

void MemberCredentials::AddTo(rpc::Service& service) {
  service.Standard(credentials_)
      .On(*this, &MemberCredentials::IssueJoinCode)
      .On(*this, &MemberCredentials::RedeemJoinCode)
      .On(*this, &MemberCredentials::RenewMemberCredential)
      .On(*this, &MemberCredentials::RevokeMemberCredential);
}

absl::StatusOr<v1::MemberSecret> MemberCredentials::IssueJoinCode(
    Call& call, const v1::IssueJoinCodeRequest& request) {
  RETURN_IF_ERROR(CheckAgreement(call, request.name()));
  const std::string name = NameIn(call.school(), "memberCredentials", IdOf(request.name()));
  ASSIGN_OR_RETURN(std::optional<MemberCredential> before, credentials_.Find(call, name));
  MemberCredential credential = before.value_or(MemberCredential());
  credential.set_name(name);
  if (!before.has_value()) *credential.mutable_create_time() = ToTimestamp(call.time());
  credential.set_state(
      *StateAfter(kMemberCredentialTransitions, credential.state(), "IssueJoinCode"));
  credential.set_life_seconds(request.life_seconds() > 0
                                  ? request.life_seconds()
                                  : static_cast<int>(absl::ToInt64Seconds(kMemberSecretLife)));
  const absl::Time end = call.time() + kJoinCodeLife;
  *credential.mutable_code_expire_time() = ToTimestamp(end);
  credential.clear_expire_time();
  credential.clear_revoke_time();
  credential.clear_revoke_reason();
  RETURN_IF_ERROR(EndSecrets(call, credential));
  v1::MemberSecret code;
  code.set_member_credential(name);
  code.set_secret(security::NewSecret());
  *code.mutable_expire_time() = credential.code_expire_time();
  RETURN_IF_ERROR(rpc::GiveRights(call, CodeName(credential), security::PrincipalOf(code.secret()),
                                  {security::RoleUntil(kCodeRole, end)}));
  RETURN_IF_ERROR(before.has_value() ? credentials_.Update(call, credential)
                                     : credentials_.Insert(call, credential));
  return code;
}

absl::StatusOr<v1::MemberSecret> MemberCredentials::RedeemJoinCode(
    Call& call, const v1::RedeemJoinCodeRequest&) {
  ASSIGN_OR_RETURN(MemberCredential credential, OfCaller(call, "RedeemJoinCode"));
  credential.clear_code_expire_time();
  return NextSecret(call, std::move(credential));
}

absl::StatusOr<v1::MemberSecret> MemberCredentials::RenewMemberCredential(
    Call& call, const v1::RenewMemberCredentialRequest&) {
  ASSIGN_OR_RETURN(MemberCredential credential, OfCaller(call, "RenewMemberCredential"));
  return NextSecret(call, std::move(credential));
}

// Who shows a code or a secret is called by the credential's name (rpc::Entitled). A code stays
// known after it was used, so that a retry with the same request_id gets the first answer.
absl::StatusOr<MemberCredential> MemberCredentials::OfCaller(Call& call, absl::string_view act) {
  ASSIGN_OR_RETURN(std::optional<MemberCredential> credential,
                   credentials_.Find(call, call.caller().subject));
  if (!credential.has_value()) return security::TokenRefused();
  if (credential->state() == MemberCredential::REVOKED) return Revoked(*credential);
  const auto after = StateAfter(kMemberCredentialTransitions, credential->state(), act);
  if (!after.has_value()) return security::TokenRefused();
  RETURN_IF_ERROR(CheckAgreement(call, MemberOf(credential->name())));
  credential->set_state(*after);
  return *std::move(credential);
}

absl::StatusOr<v1::MemberSecret> MemberCredentials::NextSecret(Call& call,
                                                               MemberCredential credential) {
  const absl::Time end = call.time() + LifeOf(credential);
  credential.set_secrets(credential.secrets() + 1);
  *credential.mutable_renew_time() = ToTimestamp(call.time());
  *credential.mutable_expire_time() = ToTimestamp(end);
  RETURN_IF_ERROR(credentials_.Update(call, credential));
  v1::MemberSecret secret;
  secret.set_member_credential(credential.name());
  secret.set_secret(security::NewSecret());
  *secret.mutable_expire_time() = credential.expire_time();
  *secret.mutable_renew_time() = ToTimestamp(call.time() + LifeOf(credential) / kRenewAfterPart);
  RETURN_IF_ERROR(rpc::GiveRights(call, NumberedSecretName(credential.name(), credential.secrets()),
                                  security::PrincipalOf(secret.secret()),
                                  {security::RoleUntil(kMemberRole, end)}));
  return secret;
}

// The secrets stay known until their ends, so that the school is told why it is refused.
absl::StatusOr<MemberCredential> MemberCredentials::RevokeMemberCredential(
    Call& call, const v1::RevokeMemberCredentialRequest& request) {
  ASSIGN_OR_RETURN(MemberCredential credential,
                   credentials_.Get(call, request.name(), request.etag()));
  const auto after =
      StateAfter(kMemberCredentialTransitions, credential.state(), "RevokeMemberCredential");
  if (!after.has_value()) return Revoked(credential);
  credential.set_state(*after);
  credential.clear_code_expire_time();
  *credential.mutable_revoke_time() = ToTimestamp(call.time());
  credential.set_revoke_reason(request.reason());
  RETURN_IF_ERROR(credentials_.Update(call, credential));
  return credential;
}

absl::StatusOr<Carrier> MemberCredentials::CarrierOf(Call& call, const std::string& site) {
  const security::Caller& caller = call.caller();
  if (std::find(caller.roles.begin(), caller.roles.end(), kMemberRole) == caller.roles.end())
    return Carrier::kHead;
  ASSIGN_OR_RETURN(std::optional<MemberCredential> credential,
                   credentials_.Find(call, caller.subject));
  if (!credential.has_value()) return security::TokenRefused();
  if (credential->state() == MemberCredential::REVOKED) return Revoked(*credential);
  return IdInSchool(credential->name()) == site ? Carrier::kSchool : Carrier::kMember;
}

absl::Status MemberCredentials::Forget(Call& call, const std::string& member) {
  const std::string name = NameIn(call.school(), "memberCredentials", IdOf(member));
  ASSIGN_OR_RETURN(std::optional<MemberCredential> credential, credentials_.Find(call, name));
  if (!credential.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(EndSecrets(call, *credential));
  RETURN_IF_ERROR(rpc::EndRights(call, CodeName(*credential)));
  return credentials_.Delete(call, name);
}

absl::Status MemberCredentials::EndSecrets(Call& call, const MemberCredential& credential) {
  const int64_t given = std::min<int64_t>(credential.secrets(), kMemberSecretsMax);
  for (int64_t i = 0; i < given; ++i)
    RETURN_IF_ERROR(
        rpc::EndRights(call, NumberedSecretName(credential.name(), credential.secrets() - i)));
  return absl::OkStatus();
}

absl::Status MemberCredentials::CheckAgreement(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const v1::Member member, members_.Get(call, name));
  if (!member.has_agreement_end_date()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  if (today <= ToCivil(member.agreement_end_date())) return absl::OkStatus();
  return Refused(v1::NOT_A_MEMBER, "the school's agreement with this node is over",
                 {{"site", IdOf(name)}});
}

}  // namespace vivier::statistics
