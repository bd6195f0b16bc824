#include "services/statistics/network/joining.h"

#include "shared/base/status.h"
#include "vivier/statistics/v1/credentials.pb.h"

namespace vivier::statistics {
namespace {

template <class Request>
Request For(const rpc::Outside& outside) {
  Request request;
  request.set_parent(outside.target());
  request.set_request_id(outside.id());
  return request;
}

absl::StatusOr<security::v1::MembershipSecret> Exchange(const rpc::Outside& outside,
                                                        const google::protobuf::Message& request) {
  ASSIGN_OR_RETURN(const v1::MemberSecret answer, outside.AskThere<v1::MemberSecret>(request));
  security::v1::MembershipSecret secret;
  secret.set_secret(answer.secret());
  *secret.mutable_renew_time() = answer.renew_time();
  *secret.mutable_expire_time() = answer.expire_time();
  return secret;
}

}  // namespace

absl::StatusOr<security::v1::MembershipSecret> JoinParent(const rpc::Outside& outside) {
  return Exchange(outside, For<v1::RedeemJoinCodeRequest>(outside));
}

absl::StatusOr<security::v1::MembershipSecret> RenewAtParent(const rpc::Outside& outside) {
  return Exchange(outside, For<v1::RenewMemberCredentialRequest>(outside));
}

absl::Status StandsAtParent(const rpc::Outside& outside) {
  auto request = For<v1::RenewMemberCredentialRequest>(outside);
  request.set_validate_only(true);
  return Exchange(outside, request).status();
}

}  // namespace vivier::statistics
