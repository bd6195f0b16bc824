#include "services/enrolment/learners/learners.h"

#include "services/enrolment/learners/rules.h"
#include "shared/base/date.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Learner;

void Learners::AddTo(rpc::Service& service) {
  service.Standard(learners_)
      .On(*this, &Learners::RecordExit)
      .React(*this, &Learners::OnCertificateAwarded);
}

absl::Status Learners::Enrol(Call& call, Learner learner, const v1::PersonClasses& classes) {
  learner.set_state(Learner::ENROLLED);
  *learner.mutable_create_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(learners_.Insert(call, learner));
  v1::LearnerEnrolled event;
  event.set_learner(learner.name());
  event.set_application(learner.application());
  event.set_cohort(learner.cohort());
  event.set_candidate(learner.candidate());
  event.set_hold(learner.hold());
  *event.mutable_classes() = classes;
  return call.Emit(event);
}

absl::Status Learners::Start(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Learner learner, learners_.Get(call, name));
  learner.set_state(Learner::IN_TRAINING);
  return learners_.Update(call, learner);
}

absl::Status Learners::End(Call& call, const std::string& name, const google::type::Date& date,
                           v1::LearnerLeft::Cause cause) {
  ASSIGN_OR_RETURN(Learner learner, learners_.Get(call, name));
  learner.set_state(Learner::LEFT);
  *learner.mutable_exit_date() = date;
  learner.set_exit_cause(cause);
  RETURN_IF_ERROR(learners_.Update(call, learner));
  v1::LearnerLeft event;
  event.set_learner(name);
  event.set_cohort(learner.cohort());
  *event.mutable_date() = date;
  event.set_cause(cause);
  event.set_candidate(learner.candidate());
  return call.Emit(event);
}

absl::Status Learners::KeepContractEnd(Call& call, Learner& learner,
                                       const google::type::Date& date) {
  *learner.mutable_contract_end_date() = date;
  return learners_.Update(call, learner);
}

absl::StatusOr<Learner> Learners::RecordExit(Call& call, const v1::RecordExitRequest& request) {
  ASSIGN_OR_RETURN(Learner learner, learners_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(v1::Cohort cohort, cohorts_.rows().Get(call, learner.cohort()));
  RETURN_IF_ERROR(CheckExit(cohort, learner, request.date()));
  const bool started = learner.state() == Learner::IN_TRAINING;
  RETURN_IF_ERROR(End(call, learner.name(), request.date(),
                      started ? request.cause() : v1::LearnerLeft::NO_SHOW));
  RETURN_IF_ERROR(left.Run(call, learner, started));
  return learners_.Get(call, learner.name());
}

absl::Status Learners::FinishAll(Call& call, const v1::Cohort& cohort) {
  ASSIGN_OR_RETURN(std::vector<Learner> learners,
                   learners_.Select(call, "cohort = $2 AND state = 'IN_TRAINING' ORDER BY name",
                                    {cohort.name()}));
  for (Learner& learner : learners) {
    learner.set_state(Learner::FINISHED);
    RETURN_IF_ERROR(learners_.Update(call, learner));
    v1::LearnerFinished event;
    event.set_learner(learner.name());
    event.set_cohort(cohort.name());
    RETURN_IF_ERROR(call.Emit(event));
  }
  return absl::OkStatus();
}

absl::Status Learners::CheckErasure(Call& call, v1::PersonErased& event) {
  ASSIGN_OR_RETURN(std::vector<Learner> learners,
                   learners_.Select(call, "candidate = $2 ORDER BY name", {event.candidate()}));
  ASSIGN_OR_RETURN(absl::CivilDay today, call.Today());
  for (const Learner& learner : learners) {
    RETURN_IF_ERROR(CheckLearnerErasable(learner, today));
    event.add_persons(learner.name());
    ASSIGN_OR_RETURN(const v1::Cohort cohort, cohorts_.rows().Get(call, learner.cohort()));
    KeepLongest(PeriodsOf(ProvenOf(learner, cohort), today), *event.mutable_kept());
  }
  return absl::OkStatus();
}

absl::Status Learners::SayTrained(Call& call, const std::string& candidate, bool& trained) {
  ASSIGN_OR_RETURN(const bool learns, learners_.Any(call, "candidate = $2", {candidate}));
  trained = trained || learns;
  return absl::OkStatus();
}

absl::Status Learners::OnCertificateAwarded(Call& call,
                                            const curriculum::v1::CertificateAwarded& event) {
  ASSIGN_OR_RETURN(std::optional<Learner> learner, learners_.Find(call, event.learner()));
  if (!learner.has_value()) return absl::OkStatus();
  learner->set_certification(CertificationOf(event.result()));
  return learners_.Update(call, *learner);
}

}  // namespace vivier::enrolment
