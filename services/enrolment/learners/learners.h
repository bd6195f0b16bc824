// Learners: people who have, or had, a seat in a cohort. Stateless besides its table, hence
// thread-safe.
#pragma once

#include <string>

#include "services/enrolment/cohorts/cohorts.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/curriculum/v1/events.pb.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/learners.pb.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::enrolment {

class Learners {
 public:
  explicit Learners(Cohorts& cohorts) : cohorts_(cohorts) {}

  // Puts its rpcs and reactions into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Learner>& rows() const { return learners_; }

  // Stores a new learner, ENROLLED, and tells of them.
  absl::Status Enrol(rpc::Call& call, v1::Learner learner, const v1::PersonClasses& classes);
  // The learner's training begins.
  absl::Status Start(rpc::Call& call, const std::string& name);
  // Ends a learner on their last day, and tells of it.
  absl::Status End(rpc::Call& call, const std::string& name, const google::type::Date& date,
                   v1::LearnerLeft::Cause cause);
  // Until when a contract of fixed term runs that followed the training.
  absl::Status KeepContractEnd(rpc::Call& call, v1::Learner& learner,
                               const google::type::Date& date);

  // Answers to hooks: the cohort is over; a person is to be erased; was one ever in training?
  absl::Status FinishAll(rpc::Call& call, const v1::Cohort& cohort);
  absl::Status CheckErasure(rpc::Call& call, v1::PersonErased& event);
  absl::Status SayTrained(rpc::Call& call, const std::string& candidate, bool& trained);

  // An exit was recorded of a learner who had, or had not yet, begun.
  rpc::Hook<const v1::Learner&, bool> left;

 private:
  absl::StatusOr<v1::Learner> RecordExit(rpc::Call& call, const v1::RecordExitRequest& request);
  absl::Status OnCertificateAwarded(rpc::Call& call,
                                    const curriculum::v1::CertificateAwarded& event);

  Cohorts& cohorts_;
  storage::Table<v1::Learner> learners_;
};

}  // namespace vivier::enrolment
