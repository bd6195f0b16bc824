// What may happen to a job offer and to its positions. Pure functions on messages: a refusal leaves
// its arguments as they were. transitions.h draws the states. Thread-safe.
//
// Invariants: taken ≤ positions; an offer that is neither DRAFT nor CLOSED is FILLED exactly when
// taken = positions.
#pragma once

#include "absl/status/status.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

// Makes a draft visible.
absl::Status Publish(v1::JobOffer& offer);

// Takes an offer back for good.
absl::Status Close(v1::JobOffer& offer);

// JOB_OFFER_STATE unless learners can be proposed to it.
absl::Status CheckPublished(const v1::JobOffer& offer);

// Takes the new number of positions of an edited offer over into its count.
absl::Status Resize(v1::JobOffer& offer, v1::PositionCount& count);

// Takes a position, the last one fills the offer.
absl::Status TakePosition(v1::JobOffer& offer, v1::PositionCount& count);

// Gives a taken position back.
void FreePosition(v1::JobOffer& offer, v1::PositionCount& count);

}  // namespace vivier::partners
