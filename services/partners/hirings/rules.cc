#include "services/partners/hirings/rules.h"

#include "absl/strings/str_cat.h"
#include "services/partners/offers/rules.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {
namespace {

using v1::Hiring;
using v1::JobOffer;
using v1::LearnerPutForward;

void GiveBack(LearnerPutForward& learner, JobOffer& offer, v1::PositionCount& count) {
  FreePosition(offer, count);
  if (learner.state() == LearnerPutForward::HIRED) learner.set_state(LearnerPutForward::AVAILABLE);
}

absl::Status WrongState(const Hiring& hiring) {
  return Refused(v1::HIRING_STATE,
                 absl::StrCat("the hiring is ", Hiring::State_Name(hiring.state())),
                 {{"hiring", hiring.name()}, {"state", Hiring::State_Name(hiring.state())}});
}

absl::Status Available(const LearnerPutForward& learner) {
  if (learner.state() == LearnerPutForward::AVAILABLE) return absl::OkStatus();
  return Refused(
      v1::LEARNER_NOT_AVAILABLE, "the learner does not look for an employer",
      {{"learner", learner.name()}, {"state", LearnerPutForward::State_Name(learner.state())}});
}

}  // namespace

absl::Status Propose(const LearnerPutForward& learner, const JobOffer& offer, Hiring& hiring) {
  RETURN_IF_ERROR(Available(learner));
  RETURN_IF_ERROR(CheckPublished(offer));
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
  RETURN_IF_ERROR(TakePosition(offer, count));
  hiring.set_state(Hiring::ACCEPTED);
  learner.set_state(LearnerPutForward::HIRED);
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

absl::Status CheckAccepted(const Hiring& hiring) {
  return hiring.state() == Hiring::ACCEPTED ? absl::OkStatus() : WrongState(hiring);
}

void EndBroken(Hiring& hiring, LearnerPutForward& learner, JobOffer& offer,
               v1::PositionCount& count) {
  hiring.set_state(Hiring::BROKEN);
  GiveBack(learner, offer, count);
}

}  // namespace vivier::partners
