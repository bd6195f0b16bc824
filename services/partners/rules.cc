#include "services/partners/rules.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/partners/contract_law.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::partners {
namespace {

using v1::Contract;
using v1::Hiring;
using v1::JobOffer;
using v1::LearnerPutForward;

// Keeps FILLED true to the count; a draft or a closed offer stays what it is.
void Refill(JobOffer& offer, const v1::PositionCount& count) {
  if (offer.state() != JobOffer::PUBLISHED && offer.state() != JobOffer::FILLED) return;
  offer.set_state(count.taken() == count.positions() ? JobOffer::FILLED : JobOffer::PUBLISHED);
}

void GiveBack(LearnerPutForward& learner, JobOffer& offer, v1::PositionCount& count) {
  count.set_taken(count.taken() - 1);
  Refill(offer, count);
  if (learner.state() == LearnerPutForward::HIRED) learner.set_state(LearnerPutForward::AVAILABLE);
}

absl::Status InState(const JobOffer& offer, JobOffer::State wanted) {
  if (offer.state() == wanted) return absl::OkStatus();
  return Refused(v1::JOB_OFFER_STATE,
                 absl::StrCat("the job offer is ", JobOffer::State_Name(offer.state())),
                 {{"job_offer", offer.name()}, {"state", JobOffer::State_Name(offer.state())}});
}

absl::Status WrongState(const Hiring& hiring) {
  return Refused(v1::HIRING_STATE,
                 absl::StrCat("the hiring is ", Hiring::State_Name(hiring.state())),
                 {{"hiring", hiring.name()}, {"state", Hiring::State_Name(hiring.state())}});
}

absl::Status WrongState(const Contract& contract) {
  return Refused(
      v1::CONTRACT_STATE, absl::StrCat("the contract is ", Contract::State_Name(contract.state())),
      {{"contract", contract.name()}, {"state", Contract::State_Name(contract.state())}});
}

absl::Status Available(const LearnerPutForward& learner) {
  if (learner.state() == LearnerPutForward::AVAILABLE) return absl::OkStatus();
  return Refused(
      v1::LEARNER_NOT_AVAILABLE, "the learner does not look for an employer",
      {{"learner", learner.name()}, {"state", LearnerPutForward::State_Name(learner.state())}});
}

}  // namespace

bool InForce(const google::type::Date& start, const google::type::Date* end, absl::CivilDay day) {
  return ToCivil(start) <= day && (end == nullptr || day <= ToCivil(*end));
}

absl::Status Publish(JobOffer& offer) {
  RETURN_IF_ERROR(InState(offer, JobOffer::DRAFT));
  offer.set_state(JobOffer::PUBLISHED);
  return absl::OkStatus();
}

absl::Status Close(JobOffer& offer) {
  if (offer.state() == JobOffer::CLOSED) return InState(offer, JobOffer::PUBLISHED);
  offer.set_state(JobOffer::CLOSED);
  return absl::OkStatus();
}

absl::Status Resize(JobOffer& offer, v1::PositionCount& count) {
  if (offer.state() == JobOffer::CLOSED) return InState(offer, JobOffer::PUBLISHED);
  if (offer.positions() < count.taken()) {
    return Refused(v1::POSITIONS_TAKEN, "more positions are taken than the job offer would have",
                   {{"job_offer", offer.name()}, {"taken", absl::StrCat(count.taken())}});
  }
  count.set_positions(offer.positions());
  Refill(offer, count);
  return absl::OkStatus();
}

absl::Status Propose(const LearnerPutForward& learner, const JobOffer& offer, Hiring& hiring) {
  RETURN_IF_ERROR(Available(learner));
  RETURN_IF_ERROR(InState(offer, JobOffer::PUBLISHED));
  hiring.set_learner(learner.learner());
  hiring.set_cohort(learner.cohort());
  hiring.set_job_offer(offer.name());
  hiring.set_company(offer.company());
  hiring.set_state(Hiring::PROPOSED);
  return absl::OkStatus();
}

absl::Status Accept(Hiring& hiring, LearnerPutForward& learner, JobOffer& offer,
                    v1::PositionCount& count) {
  if (hiring.state() != Hiring::PROPOSED) return WrongState(hiring);
  RETURN_IF_ERROR(Available(learner));
  if (count.taken() >= count.positions()) {
    return Refused(v1::POSITIONS_TAKEN, "every position of the job offer is taken",
                   {{"job_offer", offer.name()}, {"positions", absl::StrCat(count.positions())}});
  }
  RETURN_IF_ERROR(InState(offer, JobOffer::PUBLISHED));
  hiring.set_state(Hiring::ACCEPTED);
  learner.set_state(LearnerPutForward::HIRED);
  count.set_taken(count.taken() + 1);
  Refill(offer, count);
  return absl::OkStatus();
}

absl::Status Decline(Hiring& hiring, LearnerPutForward& learner, JobOffer& offer,
                     v1::PositionCount& count) {
  if (hiring.state() != Hiring::PROPOSED && hiring.state() != Hiring::ACCEPTED)
    return WrongState(hiring);
  if (hiring.state() == Hiring::ACCEPTED) GiveBack(learner, offer, count);
  hiring.set_state(Hiring::DECLINED);
  return absl::OkStatus();
}

absl::Status Sign(Contract& contract, const Hiring& hiring,
                  const std::vector<v1::Finding>& findings) {
  if (contract.state() != Contract::DRAFT) return WrongState(contract);
  if (hiring.state() != Hiring::ACCEPTED) return WrongState(hiring);
  std::vector<std::string> errors;
  std::set<std::string> rules;
  for (const v1::Finding& finding : findings) {
    if (finding.severity() != v1::Finding::ERROR) continue;
    errors.push_back(finding.code());
    rules.insert(finding.rule());
  }
  if (!errors.empty()) {
    return Refused(v1::CONTRACT_NOT_LEGAL,
                   "the contract breaks the law: checkContract explains each finding",
                   {{"contract", contract.name()},
                    {"findings", absl::StrJoin(errors, ",")},
                    {"rules", absl::StrJoin(rules, ",")}});
  }
  contract.set_state(Contract::SIGNED);
  return absl::OkStatus();
}

absl::Status Break(Contract& contract, const google::type::Date& date, Hiring& hiring,
                   LearnerPutForward& learner, JobOffer& offer, v1::PositionCount& count) {
  if (contract.state() != Contract::SIGNED) return WrongState(contract);
  if (hiring.state() != Hiring::ACCEPTED) return WrongState(hiring);
  if (ToCivil(date) < ToCivil(contract.start_date()))
    return InvalidField("broken_date", "is before the contract's start");
  if (contract.has_end_date() && ToCivil(date) >= ToCivil(contract.end_date()))
    return InvalidField("broken_date", "is not before the contract's term");
  contract.set_state(Contract::BROKEN);
  *contract.mutable_broken_date() = date;
  contract.clear_term_time();
  hiring.set_state(Hiring::BROKEN);
  GiveBack(learner, offer, count);
  return absl::OkStatus();
}

}  // namespace vivier::partners
