// What a node knows its members by. A secret is good for a time and is renewed long before, so
// that no person carries tokens from node to school; what is revoked is refused from the next call
// on: the rights of secrets are kept here, where figures are taken, and nobody follows this log for
// them. Stateless besides its tables, hence thread-safe.
//
//   join code, once ── RedeemJoinCode ──▶ a secret ── RenewMemberCredential ──▶ the next one
//
// The states of a credential are drawn in states.h.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/statistics/network/signatures.h"
#include "shared/service/service.h"
#include "vivier/statistics/v1/credentials.pb.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {

// How long a join code waits: a week has a weekend for everybody.
inline constexpr absl::Duration kJoinCodeLife = absl::Hours(7 * 24);
// How long a secret is good unless the code says otherwise: a school may be closed for August.
inline constexpr absl::Duration kMemberSecretLife = absl::Hours(30 * 24);
// After which part of its life a secret is renewed: twice as long is left to mend what hinders it.
inline constexpr int kRenewAfterPart = 3;
// Secrets that are good at once: a school's processes, where one has not heard what another got.
// One more ends the oldest.
inline constexpr int kMemberSecretsMax = 8;

class MemberCredentials {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  // As what the caller brings figures of that school. CREDENTIAL_REVOKED.
  absl::StatusOr<Carrier> CarrierOf(rpc::Call& call, const std::string& site);
  // The member is removed, and its credential with it.
  absl::Status Forget(rpc::Call& call, const std::string& member);

 private:
  absl::StatusOr<v1::MemberSecret> IssueJoinCode(rpc::Call& call,
                                                 const v1::IssueJoinCodeRequest& request);
  absl::StatusOr<v1::MemberSecret> RedeemJoinCode(rpc::Call& call,
                                                  const v1::RedeemJoinCodeRequest& request);
  absl::StatusOr<v1::MemberSecret> RenewMemberCredential(
      rpc::Call& call, const v1::RenewMemberCredentialRequest& request);
  absl::StatusOr<v1::MemberCredential> RevokeMemberCredential(
      rpc::Call& call, const v1::RevokeMemberCredentialRequest& request);

  // Of the caller, who showed a code or a secret of it, to do `act`.
  absl::StatusOr<v1::MemberCredential> OfCaller(rpc::Call& call, absl::string_view act);
  // Gives the next secret and stores the credential.
  absl::StatusOr<v1::MemberSecret> NextSecret(rpc::Call& call, v1::MemberCredential credential);
  absl::Status EndSecrets(rpc::Call& call, const v1::MemberCredential& credential);
  // NOT_A_MEMBER where the agreement is over; before its first day a school may join already.
  absl::Status CheckAgreement(rpc::Call& call, const std::string& member);

  storage::Rows<v1::Member> members_;
  storage::Table<v1::MemberCredential> credentials_;
};

}  // namespace vivier::statistics
