#include "services/enrolment/outcomes/rules.h"

#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using partners::v1::ContractKind;
using v1::OutcomeRecorded;

absl::Status CheckOutcome(const v1::Learner& learner, const v1::Outcome& outcome) {
  const int months = outcome.months_after();
  if (months != 0 && months != 3 && months != 6 && months != 12)
    return InvalidField("outcome.months_after", "must be 0, 3, 6 or 12");
  if (!IsDate(outcome.date())) return InvalidField("outcome.date", "is no date");
  if (learner.state() != v1::Learner::FINISHED && learner.state() != v1::Learner::LEFT)
    return Refused(v1::NOT_FINISHED, "the learner is still in training",
                   {{"learner", learner.name()}});
  return absl::OkStatus();
}

namespace {

// A contract of training on the job is one situation, "employed, in training", and counted once.
OutcomeRecorded::Situation SituationOf(ContractKind kind) {
  const bool trains =
      kind == ContractKind::PROFESSIONALISATION || kind == ContractKind::APPRENTICESHIP;
  return trains ? OutcomeRecorded::EMPLOYED_IN_TRAINING : OutcomeRecorded::EMPLOYED;
}

}  // namespace

std::optional<v1::Outcome> OutcomeOf(const partners::v1::ContractSigned& contract,
                                     const v1::Cohort& cohort) {
  const absl::CivilDay until = AddMonths(ToCivil(cohort.end_date()), kAtOnceMonths);
  if (!IsDate(contract.start_date()) || ToCivil(contract.start_date()) >= until)
    return std::nullopt;
  v1::Outcome outcome;
  outcome.set_situation(SituationOf(contract.kind()));
  outcome.set_months_after(0);
  *outcome.mutable_date() = contract.start_date();
  outcome.set_source(v1::Outcome::CONTRACT);
  outcome.set_contract(contract.contract());
  return outcome;
}

}  // namespace vivier::enrolment
