#include "services/statistics/network/joining.h"

#include "shared/base/status.h"
#include "vivier/statistics/v1/credentials.pb.h"

namespace vivier::statistics {
namespace {

template <class Request>
absl::StatusOr<security::v1::MembershipSecret> Exchange(const rpc::Outside& outside) {
  Request request;
  request.set_parent(outside.target());
  request.set_request_id(outside.id());
  ASSIGN_OR_RETURN(const v1::MemberSecret answer, outside.AskThere<v1::MemberSecret>(request));
  security::v1::MembershipSecret secret;
  secret.set_secret(answer.secret());
  *secret.mutable_renew_time() = answer.renew_time();
  *secret.mutable_expire_time() = answer.expire_time();
  return secret;
}

}  // namespace

absl::StatusOr<security::v1::MembershipSecret> JoinParent(const rpc::Outside& outside) {
  return Exchange<v1::RedeemJoinCodeRequest>(outside);
}

absl::StatusOr<security::v1::MembershipSecret> RenewAtParent(const rpc::Outside& outside) {
  return Exchange<v1::RenewMemberCredentialRequest>(outside);
}

}  // namespace vivier::statistics
