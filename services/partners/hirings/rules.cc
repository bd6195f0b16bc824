#include "services/partners/hirings/rules.h"

#include "absl/strings/str_cat.h"
#include "services/partners/hirings/transitions.h"
#include "services/partners/offers/rules.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {
namespace {

using v1::Hiring;
using v1::JobOffer;
using v1::LearnerPutForward;

void GiveBack(absl::string_view act, LearnerPutForward& learner, JobOffer& offer,
              v1::PositionCount& count) {
  FreePosition(offer, count);
  MoveLearner(act, learner);
}

absl::Status WrongState(const Hiring& hiring) {
  return Refused(v1::HIRING_STATE,
                 absl::StrCat("the hiring is ", Hiring::State_Name(hiring.state())),
                 {{"hiring", hiring.name()}, {"state", Hiring::State_Name(hiring.state())}});
}

absl::Status CheckMayDo(const Hiring& hiring, absl::string_view act) {
  return MayDo(kHiringTransitions, hiring.state(), act) ? absl::OkStatus() : WrongState(hiring);
}

absl::Status CheckAvailable(const LearnerPutForward& learner) {
  if (MayDo(kLearnerPutForwardTransitions, learner.state(), "AcceptHiring"))
    return absl::OkStatus();
  return Refused(
      v1::LEARNER_NOT_AVAILABLE, "the learner does not look for an employer",
      {{"learner", learner.name()}, {"state", LearnerPutForward::State_Name(learner.state())}});
}

}  // namespace

absl::Status MoveHiring(absl::string_view act, Hiring& hiring) {
  RETURN_IF_ERROR(CheckMayDo(hiring, act));
  hiring.set_state(*StateAfter(kHiringTransitions, hiring.state(), act));
  return absl::OkStatus();
}

bool MoveLearner(absl::string_view act, LearnerPutForward& learner) {
  const auto after = StateAfter(kLearnerPutForwardTransitions, learner.state(), act);
  if (after.has_value()) learner.set_state(*after);
  return after.has_value();
}

absl::Status Propose(const LearnerPutForward& learner, const JobOffer& offer, Hiring& hiring) {
  RETURN_IF_ERROR(CheckAvailable(learner));
  RETURN_IF_ERROR(CheckPublished(offer));
  hiring.set_learner(learner.learner());
  hiring.set_cohort(learner.cohort());
  hiring.set_job_offer(offer.name());
  hiring.set_company(offer.company());
  hiring.set_state(*StateAfter(kHiringTransitions, Hiring::STATE_UNSPECIFIED, "ProposeHiring"));
  return absl::OkStatus();
}

absl::Status Accept(Hiring& hiring, LearnerPutForward& learner, JobOffer& offer,
                    v1::PositionCount& count) {
  RETURN_IF_ERROR(CheckMayDo(hiring, "AcceptHiring"));
  RETURN_IF_ERROR(CheckAvailable(learner));
  RETURN_IF_ERROR(TakePosition(offer, count));
  MoveLearner("AcceptHiring", learner);
  return MoveHiring("AcceptHiring", hiring);
}

absl::Status Decline(Hiring& hiring, LearnerPutForward& learner, JobOffer& offer,
                     v1::PositionCount& count) {
  const bool took_position = hiring.state() == Hiring::ACCEPTED;
  RETURN_IF_ERROR(MoveHiring("DeclineHiring", hiring));
  if (took_position) GiveBack("DeclineHiring", learner, offer, count);
  return absl::OkStatus();
}

absl::Status CheckAccepted(const Hiring& hiring) { return CheckMayDo(hiring, "SignContract"); }

absl::Status EndBroken(Hiring& hiring, LearnerPutForward& learner, JobOffer& offer,
                       v1::PositionCount& count) {
  RETURN_IF_ERROR(MoveHiring("BreakContract", hiring));
  GiveBack("BreakContract", learner, offer, count);
  return absl::OkStatus();
}

}  // namespace vivier::partners
