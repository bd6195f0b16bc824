#include "services/enrolment/outcomes/rules.h"

#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rules/compiled.h"
#include "shared/rules/condition.h"
#include "shared/rules/decide.h"
#include "shared/rules/enum.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using partners::v1::ContractKind;
using v1::OutcomeRecorded;

namespace {

const rules::Table& Outcomes() {
  static const rules::Table& table = rules::Need("R-outcome");
  return table;
}

OutcomeRecorded::Situation SituationOf(ContractKind kind, absl::CivilDay day) {
  static const rules::Decision& decision = rules::Need(Outcomes(), "situation");
  const rules::Answer answer = rules::Decide(
      Outcomes(), decision, rules::Facts(Outcomes()).With("kind", rules::Named(kind)), day);
  OutcomeRecorded::Situation situation = OutcomeRecorded::SITUATION_UNSPECIFIED;
  OutcomeRecorded::Situation_Parse(answer.Get("situation").text(), &situation);
  return situation;
}

absl::Status CheckMonths(int months, absl::CivilDay day) {
  static const rules::Decision& decision = rules::Need(Outcomes(), "months");
  const rules::Facts facts = rules::Facts(Outcomes()).With("months", rules::Value::Integer(months));
  const rules::Answer answer = rules::Decide(Outcomes(), decision, facts, day);
  if (answer.Get("accepted") == rules::Value::Boolean(true)) return absl::OkStatus();
  return InvalidField("outcome.months_after", rules::Fill(answer, "message", facts, day));
}

}  // namespace

absl::Status CheckOutcome(const v1::Learner& learner, const v1::Outcome& outcome) {
  RETURN_IF_ERROR(CheckMonths(outcome.months_after(), ToCivil(outcome.date())));
  if (!IsDate(outcome.date())) return InvalidField("outcome.date", "is no date");
  if (learner.state() != v1::Learner::FINISHED && learner.state() != v1::Learner::LEFT)
    return Refused(v1::NOT_FINISHED, "the learner is still in training",
                   {{"learner", learner.name()}});
  return absl::OkStatus();
}

std::optional<v1::Outcome> OutcomeOf(const partners::v1::ContractSigned& contract,
                                     const v1::Cohort& cohort) {
  static const rules::Parameter& at_once = rules::NeedParameter(Outcomes(), "at_once_months");
  if (!IsDate(contract.start_date())) return std::nullopt;
  const absl::CivilDay start = ToCivil(contract.start_date());
  const rules::Value* months = rules::ValueOn(at_once, rules::NumberOf(start));
  if (months == nullptr ||
      start >= AddMonths(ToCivil(cohort.end_date()), static_cast<int>(months->number())))
    return std::nullopt;
  v1::Outcome outcome;
  outcome.set_situation(SituationOf(contract.kind(), start));
  outcome.set_months_after(0);
  *outcome.mutable_date() = contract.start_date();
  outcome.set_source(v1::Outcome::CONTRACT);
  outcome.set_contract(contract.contract());
  return outcome;
}

}  // namespace vivier::enrolment
