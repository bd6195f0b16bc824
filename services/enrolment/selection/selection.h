// Applications and the panel: from a form to a rank. Stateless besides its table, hence
// thread-safe.
//
//   selection.cc        submitted, assessed, scored, ranked
//   import_handler.cc   from files (imports.h)
//   line.cc             who is next
//   sweeps.cc           those whom nobody named, in steps
#pragma once

#include <string>
#include <vector>

#include "services/enrolment/cohorts/cohorts.h"
#include "services/enrolment/people/people.h"
#include "services/enrolment/selection/imports.h"
#include "services/enrolment/selection/line.h"
#include "services/enrolment/selection/sweeps.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/imports.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

class Selection {
 public:
  Selection(People& people, Cohorts& cohorts)
      : people_(people), cohorts_(cohorts), sweeps_(people, applications_), line_(applications_) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Application>& applications() const { return applications_; }

  // Stores an application that this unit has read: whoever moves its seat.
  absl::Status Update(rpc::Call& call, v1::Application& application);
  absl::Status TellRejected(rpc::Call& call, const v1::Application& application);

  // Ends those in play without a seat, of a cohort that is over.
  absl::Status ExpireWaiting(rpc::Call& call, const v1::Cohort& cohort);

  // Answers to a hook: a person is to be erased.
  absl::Status CheckErasure(rpc::Call& call, v1::PersonErased& event);

  // Whether the caller may apply for the candidate.
  rpc::Hook<const std::string&> applying;

 private:
  absl::StatusOr<v1::Application> SubmitApplication(rpc::Call& call,
                                                    const v1::SubmitApplicationRequest& request);
  absl::StatusOr<v1::Application> AssessEligibility(rpc::Call& call,
                                                    const v1::AssessEligibilityRequest& request);
  absl::StatusOr<v1::Application> ScoreApplication(rpc::Call& call,
                                                   const v1::ScoreApplicationRequest& request);
  absl::StatusOr<v1::PublishRankingResponse> PublishRanking(
      rpc::Call& call, const v1::PublishRankingRequest& request);
  absl::Status CheckImport(rpc::Call& call, const v1::ImportApplicationsRequest& request);
  absl::Status ImportRows(rpc::Call& call, const v1::ImportStep& step, v1::ImportMetadata& metadata,
                          v1::ImportReport& report);

  absl::Status AddApplication(rpc::Call& call, const v1::Cohort& cohort,
                              const v1::Candidate& candidate, v1::Application& application);
  // Stores what a row of a file says, or says in its report why not.
  absl::Status ImportOne(rpc::Call& call, const v1::Cohort& cohort, v1::ImportStep::Row& row);

  People& people_;
  Cohorts& cohorts_;
  storage::Table<v1::Application> applications_;
  Sweeps sweeps_;
  const Line line_;
};

}  // namespace vivier::enrolment
