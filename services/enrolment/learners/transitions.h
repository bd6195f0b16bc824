// What moves a learner: an rpc, an event that enrolment follows, or a tick; what concerns their
// seat is admission's. Rows without code, thread-safe; transitions_test.cc compares them with the
// diagram.
//
//   Learner  new ─SeatFunded▶ ENROLLED ─StartCohort, AcceptSeat▶ IN_TRAINING
//            IN_TRAINING ─FinishCohort▶ FINISHED
//            ENROLLED, IN_TRAINING ─RecordExit▶ LEFT
//            ENROLLED ─DeclineSeat, ExpireAcceptance, WithdrawApplication, FinishCohort▶ LEFT
#pragma once

#include "shared/base/transition.h"
#include "vivier/enrolment/v1/learners.pb.h"

namespace vivier::enrolment {

inline constexpr Transition<v1::Learner::State> kLearnerTransitions[] = {
    {v1::Learner::STATE_UNSPECIFIED, "SeatFunded", v1::Learner::ENROLLED},
    {v1::Learner::ENROLLED, "StartCohort", v1::Learner::IN_TRAINING},
    {v1::Learner::ENROLLED, "AcceptSeat", v1::Learner::IN_TRAINING},
    {v1::Learner::IN_TRAINING, "FinishCohort", v1::Learner::FINISHED},
    {v1::Learner::ENROLLED, "RecordExit", v1::Learner::LEFT},
    {v1::Learner::IN_TRAINING, "RecordExit", v1::Learner::LEFT},
    {v1::Learner::ENROLLED, "DeclineSeat", v1::Learner::LEFT},
    {v1::Learner::ENROLLED, "ExpireAcceptance", v1::Learner::LEFT},
    {v1::Learner::ENROLLED, "WithdrawApplication", v1::Learner::LEFT},
    {v1::Learner::ENROLLED, "FinishCohort", v1::Learner::LEFT},
};

}  // namespace vivier::enrolment
