// Learners who look for an employer, and their hirings. Follows enrolment: a learner who finishes
// is put forward, one who leaves is taken back. withdrawals.h has what becomes of proposals then.
// Stateless besides its tables, hence thread-safe.
#pragma once

#include <string>

#include "services/partners/companies/companies.h"
#include "services/partners/hirings/withdrawals.h"
#include "services/partners/offers/offers.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/partners/v1/hirings.pb.h"

namespace vivier::partners {

// What acts together on one hiring.
struct Placement {
  v1::Hiring hiring;
  v1::LearnerPutForward learner;
  Vacancy vacancy;
};

class Hirings {
 public:
  Hirings(Companies& companies, Offers& offers) : companies_(companies), offers_(offers) {}

  // Puts its rpcs and reactions into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Hiring>& rows() const { return hirings_; }

  absl::StatusOr<Placement> Load(rpc::Call& call, const std::string& hiring,
                                 const std::string& etag);
  // Stores what differs from `before`.
  absl::Status Store(rpc::Call& call, const Placement& before, Placement& after);
  // The hiring's contract reached its term.
  absl::Status Complete(rpc::Call& call, const std::string& name);

  // Answers a hook: the offer is taken back.
  absl::Status WithdrawProposals(rpc::Call& call, const v1::JobOffer& offer);

  // Before a hiring is declined: refuses when a signed contract follows it.
  rpc::Hook<const v1::Hiring&> declining;

 private:
  absl::StatusOr<v1::ListLearnersPutForwardResponse> ListLearnersPutForward(
      rpc::Call& call, const v1::ListLearnersPutForwardRequest& request);
  absl::StatusOr<v1::Hiring> GetHiring(rpc::Call& call, const v1::GetHiringRequest& request);
  absl::StatusOr<v1::ListHiringsResponse> ListHirings(rpc::Call& call,
                                                      const v1::ListHiringsRequest& request);
  absl::StatusOr<v1::Hiring> ProposeHiring(rpc::Call& call,
                                           const v1::ProposeHiringRequest& request);
  absl::StatusOr<v1::Hiring> AcceptHiring(rpc::Call& call, const v1::AcceptHiringRequest& request);
  absl::StatusOr<v1::Hiring> DeclineHiring(rpc::Call& call,
                                           const v1::DeclineHiringRequest& request);
  absl::Status OnLearnerFinished(rpc::Call& call, const enrolment::v1::LearnerFinished& event);
  absl::Status OnLearnerLeft(rpc::Call& call, const enrolment::v1::LearnerLeft& event);
  absl::Status OnPersonErased(rpc::Call& call, const enrolment::v1::PersonErased& event);
  // Whom a company may propose to is whom it is shown: to others its answer is as for nobody.
  absl::StatusOr<v1::LearnerPutForward> LearnerFor(rpc::Call& call, const std::string& name);
  absl::Status TakeBack(rpc::Call& call, absl::string_view act, const std::string& learner);

  Companies& companies_;
  Offers& offers_;
  storage::Table<v1::LearnerPutForward> learners_;
  storage::Table<v1::Hiring> hirings_;
  Withdrawals withdrawals_{hirings_};
};

}  // namespace vivier::partners
