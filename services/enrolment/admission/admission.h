// Who is admitted: what the panel and the candidate ask for, what funding answers, what time ends.
// Decided in rules.h. It keeps no table of its own: seats.h has the seats, selection the
// applications. Stateless, hence thread-safe.
//
//   admission.cc   what people ask for      reactions.cc   what comes without anybody asking
#pragma once

#include <string>

#include "services/enrolment/admission/seats.h"
#include "services/enrolment/learners/learners.h"
#include "services/enrolment/selection/selection.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/admission.pb.h"
#include "vivier/funding/v1/events.pb.h"

namespace vivier::enrolment {

class Admission {
 public:
  Admission(People& people, Cohorts& cohorts, Learners& learners, Selection& selection,
            Seats& seats)
      : people_(people),
        cohorts_(cohorts),
        learners_(learners),
        selection_(selection),
        seats_(seats) {}

  // Puts its rpcs, reactions and ticks into the service.
  void AddTo(rpc::Service& service);

  // Answers to a hook: who accepted a seat of the cohort that starts is in training.
  absl::Status StartLearners(rpc::Call& call, const v1::Cohort& cohort);

 private:
  absl::StatusOr<v1::Application> AdmitApplication(rpc::Call& call,
                                                   const v1::AdmitApplicationRequest& request);
  absl::StatusOr<v1::Application> AcceptSeat(rpc::Call& call, const v1::AcceptSeatRequest& request);
  absl::StatusOr<v1::Application> DeclineSeat(rpc::Call& call,
                                              const v1::DeclineSeatRequest& request);
  absl::StatusOr<v1::Application> WithdrawApplication(
      rpc::Call& call, const v1::WithdrawApplicationRequest& request);
  absl::StatusOr<v1::Application> RejectApplication(rpc::Call& call,
                                                    const v1::RejectApplicationRequest& request);

  absl::Status OnSeatFunded(rpc::Call& call, const funding::v1::SeatFunded& event);
  absl::Status OnSeatRefused(rpc::Call& call, const funding::v1::SeatRefused& event);
  absl::Status OnFundingPlanChanged(rpc::Call& call, const funding::v1::FundingPlanChanged& event);
  absl::Status ExpireHold(rpc::Call& call, const std::string& application);
  absl::Status ExpireAcceptance(rpc::Call& call, const std::string& application);

  const storage::Rows<v1::Application>& applications() const { return selection_.applications(); }
  // Makes the learner of an application whose money is there.
  absl::Status Enrol(rpc::Call& call, const v1::Cohort& cohort, const v1::Application& application);

  People& people_;
  Cohorts& cohorts_;
  Learners& learners_;
  Selection& selection_;
  Seats& seats_;
};

}  // namespace vivier::enrolment
