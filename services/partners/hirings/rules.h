// What may happen to learners put forward and to their hirings. Pure functions on messages: a
// refusal leaves its arguments as they were. Thread-safe.
//
//   learner   AVAILABLE ── a hiring is accepted ──▶ HIRED ── it is declined or broken ──▶ AVAILABLE
//             AVAILABLE ── left the school ──▶ WITHDRAWN
//
//   hiring    PROPOSED ── accept ──▶ ACCEPTED ── its contract's term ──▶ COMPLETED
//             ACCEPTED ── its contract is broken ──▶ BROKEN
//             PROPOSED, ACCEPTED ── decline ──▶ DECLINED
//             PROPOSED ── the learner left, or the offer was closed ──▶ WITHDRAWN
//
// Invariant: taken = the offer's hirings that are ACCEPTED or COMPLETED.
#pragma once

#include "absl/status/status.h"
#include "vivier/partners/v1/hirings.pb.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

// Fills `hiring` from the learner and the offer.
absl::Status Propose(const v1::LearnerPutForward& learner, const v1::JobOffer& offer,
                     v1::Hiring& hiring);

// Takes a position for the learner.
absl::Status Accept(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                    v1::PositionCount& count);

// Says no, giving the position back if one was taken. The caller knows that no contract is signed.
absl::Status Decline(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                     v1::PositionCount& count);

// HIRING_STATE unless both said yes.
absl::Status CheckAccepted(const v1::Hiring& hiring);

// The contract of an accepted hiring was broken: its position is free, the learner available again.
void EndBroken(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
               v1::PositionCount& count);

}  // namespace vivier::partners
