// One-time links, by which candidates and learners come who have no account. Each shows a secret of
// which nothing but the hash is kept, among the rights (shared/service/rights.h): a right that ends
// makes the secret worthless. Decided in rules.h. Stateless besides its table, hence thread-safe.
//
//   secret of a link ── RedeemAccessLink, once ──▶ token of a session, for the link's resource
#pragma once

#include <string>

#include "services/enrolment/cohorts/cohorts.h"
#include "services/enrolment/learners/learners.h"
#include "services/enrolment/people/people.h"
#include "services/enrolment/presence/presence.h"
#include "services/enrolment/selection/selection.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/links.pb.h"

namespace vivier::enrolment {

class Links {
 public:
  Links(People& people, Cohorts& cohorts, Learners& learners, Presence& presence,
        Selection& selection)
      : people_(people),
        cohorts_(cohorts),
        learners_(learners),
        presence_(presence),
        selection_(selection) {}

  // Puts its rpcs and ticks into the service.
  void AddTo(rpc::Service& service);

  // Answers to a hook: NotAllowed, the answer for what is unknown as well, when the caller came by
  // a link that is for somebody else.
  absl::Status CheckApplicant(rpc::Call& call, const std::string& candidate);

  // Answers to a hook: ends every link of the person.
  absl::Status ForgetPerson(rpc::Call& call, const v1::PersonErased& event);

 private:
  absl::StatusOr<v1::CreateAccessLinkResponse> CreateAccessLink(
      rpc::Call& call, const v1::CreateAccessLinkRequest& request);
  absl::StatusOr<v1::RedeemAccessLinkResponse> RedeemAccessLink(
      rpc::Call& call, const v1::RedeemAccessLinkRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteAccessLink(
      rpc::Call& call, const v1::DeleteAccessLinkRequest& request);
  absl::StatusOr<std::string> PersonOf(rpc::Call& call, const v1::AccessLink& link);
  absl::Status ExpireAccessLink(rpc::Call& call, const std::string& name);
  absl::Status Forget(rpc::Call& call, const v1::AccessLink& link);

  People& people_;
  Cohorts& cohorts_;
  Learners& learners_;
  Presence& presence_;
  Selection& selection_;
  storage::Table<v1::AccessLink> links_;
};

}  // namespace vivier::enrolment
