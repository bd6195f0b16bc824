// Learners and what becomes of them.
#include "services/enrolment/dates.h"
#include "services/enrolment/enrolment.h"
#include "services/enrolment/names.h"
#include "services/enrolment/outcome_rules.h"
#include "services/enrolment/rules.h"

namespace vivier::enrolment {

using v1::Learner;
using v1::Outcome;

absl::Status Enrolment::EndLearner(Call& call, const std::string& name,
                                   const google::type::Date& date, v1::LearnerLeft::Cause cause) {
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
  return call.Emit(event);
}

absl::StatusOr<Learner> Enrolment::RecordExit(Call& call, const v1::RecordExitRequest& request) {
  ASSIGN_OR_RETURN(Learner learner, learners_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(v1::Cohort cohort, cohorts_.Get(call, learner.cohort()));
  ASSIGN_OR_RETURN(v1::Application application, applications_.Get(call, learner.application()));
  RETURN_IF_ERROR(CheckExit(cohort, learner, request.date()));
  const bool started = learner.state() == Learner::IN_TRAINING;
  RETURN_IF_ERROR(EndLearner(call, learner.name(), request.date(),
                             started ? request.cause() : v1::LearnerLeft::NO_SHOW));
  RETURN_IF_ERROR(Leave(call, application, v1::Application::LEFT,
                        started ? v1::SeatReleased::LEFT : v1::SeatReleased::WITHDRAWN));
  return learners_.Get(call, learner.name());
}

absl::Status Enrolment::StoreOutcome(Call& call, const Learner& learner, Outcome& outcome) {
  outcome.set_name(absl::StrCat(learner.name(), "/outcomes/", outcome.months_after()));
  outcome.set_learner(learner.name());
  outcome.set_candidate(learner.candidate());
  ASSIGN_OR_RETURN(std::optional<Outcome> earlier, outcomes_.Find(call, outcome.name()));
  outcome.set_etag(earlier.has_value() ? earlier->etag() : "");
  RETURN_IF_ERROR(earlier.has_value() ? outcomes_.Update(call, outcome)
                                      : outcomes_.Insert(call, outcome));
  v1::OutcomeRecorded event;
  event.set_learner(learner.name());
  event.set_cohort(learner.cohort());
  event.set_situation(outcome.situation());
  event.set_months_after(outcome.months_after());
  *event.mutable_date() = outcome.date();
  return call.Emit(event);
}

absl::StatusOr<Outcome> Enrolment::RecordOutcome(Call& call,
                                                 const v1::RecordOutcomeRequest& request) {
  ASSIGN_OR_RETURN(Learner learner, learners_.Get(call, request.parent()));
  RETURN_IF_ERROR(CheckOutcome(learner, request.outcome()));
  Outcome outcome = request.outcome();
  outcome.clear_contract();
  RETURN_IF_ERROR(StoreOutcome(call, learner, outcome));
  return outcome;
}

absl::Status Enrolment::OnContractSigned(Call& call, const partners::v1::ContractSigned& event) {
  ASSIGN_OR_RETURN(std::optional<Learner> learner, learners_.Find(call, event.learner()));
  if (!learner.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(v1::Cohort cohort, cohorts_.Get(call, learner->cohort()));
  std::optional<Outcome> outcome = OutcomeOf(event, cohort);
  if (event.has_end_date()) {
    *learner->mutable_contract_end_date() = event.end_date();
    RETURN_IF_ERROR(learners_.Update(call, *learner));
  }
  return outcome.has_value() ? StoreOutcome(call, *learner, *outcome) : absl::OkStatus();
}

absl::Status Enrolment::OnContractBroken(Call& call, const partners::v1::ContractBroken& event) {
  ASSIGN_OR_RETURN(std::optional<Learner> learner, learners_.Find(call, event.learner()));
  if (!learner.has_value() || !learner->has_contract_end_date()) return absl::OkStatus();
  *learner->mutable_contract_end_date() = event.date();
  return learners_.Update(call, *learner);
}

absl::Status Enrolment::OnCertificateAwarded(Call& call,
                                             const curriculum::v1::CertificateAwarded& event) {
  ASSIGN_OR_RETURN(std::optional<Learner> learner, learners_.Find(call, event.learner()));
  if (!learner.has_value()) return absl::OkStatus();
  learner->set_certification(CertificationOf(event.result()));
  return learners_.Update(call, *learner);
}

}  // namespace vivier::enrolment
