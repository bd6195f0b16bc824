// What may happen to learners put forward and to their hirings. Pure functions on messages: a
// refusal leaves its arguments as they were. transitions.h draws the states. Thread-safe.
//
// Invariant: taken = the offer's hirings that are ACCEPTED or COMPLETED.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "vivier/partners/v1/hirings.pb.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

// Puts the hiring into the state to which `act` leads, or HIRING_STATE.
absl::Status MoveHiring(absl::string_view act, v1::Hiring& hiring);

// Puts the learner into the state to which `act` leads: whether it leads anywhere.
bool MoveLearner(absl::string_view act, v1::LearnerPutForward& learner);

// Fills `hiring` from the learner and the offer.
absl::Status Propose(const v1::LearnerPutForward& learner, const v1::JobOffer& offer,
                     v1::Hiring& hiring);

// Takes a position for the learner.
absl::Status Accept(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                    v1::PositionCount& count);

// Says no, giving the position back if one was taken. The caller knows that no contract is signed.
absl::Status Decline(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                     v1::PositionCount& count);

// HIRING_STATE unless a contract may follow: both said yes, and no contract has ended.
absl::Status CheckAccepted(const v1::Hiring& hiring);

// The contract of an accepted hiring was broken: its position is free, the learner available again.
absl::Status EndBroken(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                       v1::PositionCount& count);

}  // namespace vivier::partners
