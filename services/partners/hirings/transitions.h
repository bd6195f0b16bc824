// What moves a learner put forward and a hiring: an rpc, an event that partners follows, or a tick;
// what ends a contract ends its hiring too. Rows without code, thread-safe; transitions_test.cc
// compares them with the diagrams and with what the rules do.
//
//   LearnerPutForward  new ─LearnerFinished▶ AVAILABLE ─AcceptHiring▶ HIRED
//                      HIRED ─DeclineHiring, BreakContract▶ AVAILABLE
//                      AVAILABLE ─LearnerLeft, PersonErased▶ WITHDRAWN
//
//   Hiring  new ─ProposeHiring▶ PROPOSED ─AcceptHiring▶ ACCEPTED ─CompleteContract▶ COMPLETED
//           ACCEPTED ─CreateContract, SignContract▶ ACCEPTED
//           ACCEPTED ─BreakContract▶ BROKEN
//           PROPOSED, ACCEPTED ─DeclineHiring▶ DECLINED
//           PROPOSED ─CloseJobOffer, LearnerLeft, PersonErased▶ WITHDRAWN
#pragma once

#include "shared/base/transition.h"
#include "vivier/partners/v1/hirings.pb.h"

namespace vivier::partners {

inline constexpr Transition<v1::LearnerPutForward::State> kLearnerPutForwardTransitions[] = {
    {v1::LearnerPutForward::STATE_UNSPECIFIED, "LearnerFinished", v1::LearnerPutForward::AVAILABLE},
    {v1::LearnerPutForward::AVAILABLE, "AcceptHiring", v1::LearnerPutForward::HIRED},
    {v1::LearnerPutForward::HIRED, "DeclineHiring", v1::LearnerPutForward::AVAILABLE},
    {v1::LearnerPutForward::HIRED, "BreakContract", v1::LearnerPutForward::AVAILABLE},
    {v1::LearnerPutForward::AVAILABLE, "LearnerLeft", v1::LearnerPutForward::WITHDRAWN},
    {v1::LearnerPutForward::AVAILABLE, "PersonErased", v1::LearnerPutForward::WITHDRAWN},
};

inline constexpr Transition<v1::Hiring::State> kHiringTransitions[] = {
    {v1::Hiring::STATE_UNSPECIFIED, "ProposeHiring", v1::Hiring::PROPOSED},
    {v1::Hiring::PROPOSED, "AcceptHiring", v1::Hiring::ACCEPTED},
    {v1::Hiring::ACCEPTED, "CreateContract", v1::Hiring::ACCEPTED},
    {v1::Hiring::ACCEPTED, "SignContract", v1::Hiring::ACCEPTED},
    {v1::Hiring::ACCEPTED, "CompleteContract", v1::Hiring::COMPLETED},
    {v1::Hiring::ACCEPTED, "BreakContract", v1::Hiring::BROKEN},
    {v1::Hiring::PROPOSED, "DeclineHiring", v1::Hiring::DECLINED},
    {v1::Hiring::ACCEPTED, "DeclineHiring", v1::Hiring::DECLINED},
    {v1::Hiring::PROPOSED, "CloseJobOffer", v1::Hiring::WITHDRAWN},
    {v1::Hiring::PROPOSED, "LearnerLeft", v1::Hiring::WITHDRAWN},
    {v1::Hiring::PROPOSED, "PersonErased", v1::Hiring::WITHDRAWN},
};

}  // namespace vivier::partners
