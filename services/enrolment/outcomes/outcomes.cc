#include "services/enrolment/outcomes/outcomes.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/outcomes/rules.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Learner;
using v1::Outcome;

void Outcomes::AddTo(rpc::Service& service) {
  service.Standard(outcomes_)
      .On(*this, &Outcomes::RecordOutcome)
      .React(*this, &Outcomes::OnContractSigned)
      .React(*this, &Outcomes::OnContractBroken);
}

absl::Status Outcomes::Store(Call& call, const Learner& learner, Outcome& outcome) {
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
  event.set_candidate(learner.candidate());
  return call.Emit(event);
}

absl::StatusOr<Outcome> Outcomes::RecordOutcome(Call& call,
                                                const v1::RecordOutcomeRequest& request) {
  ASSIGN_OR_RETURN(Learner learner, learners_.rows().Get(call, request.parent()));
  RETURN_IF_ERROR(CheckOutcome(learner, request.outcome()));
  Outcome outcome = request.outcome();
  outcome.clear_contract();
  RETURN_IF_ERROR(Store(call, learner, outcome));
  return outcome;
}

absl::Status Outcomes::OnContractSigned(Call& call, const partners::v1::ContractSigned& event) {
  ASSIGN_OR_RETURN(std::optional<Learner> learner, learners_.rows().Find(call, event.learner()));
  if (!learner.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(v1::Cohort cohort, cohorts_.rows().Get(call, learner->cohort()));
  std::optional<Outcome> outcome = OutcomeOf(event, cohort);
  if (event.has_end_date())
    RETURN_IF_ERROR(learners_.KeepContractEnd(call, *learner, event.end_date()));
  return outcome.has_value() ? Store(call, *learner, *outcome) : absl::OkStatus();
}

absl::Status Outcomes::OnContractBroken(Call& call, const partners::v1::ContractBroken& event) {
  ASSIGN_OR_RETURN(std::optional<Learner> learner, learners_.rows().Find(call, event.learner()));
  if (!learner.has_value() || !learner->has_contract_end_date()) return absl::OkStatus();
  return learners_.KeepContractEnd(call, *learner, event.date());
}

}  // namespace vivier::enrolment
