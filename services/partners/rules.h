// What may happen to job offers, hirings and contracts. Pure functions on messages: no I/O, no
// clock, no storage; a refusal leaves its arguments as they were. Thread-safe.
//
// Invariants: taken ≤ positions; taken = the offer's hirings that are ACCEPTED or COMPLETED; an
// offer that is neither DRAFT nor CLOSED is FILLED exactly when taken = positions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/partners/v1/resources.pb.h"

namespace vivier::partners {

// Whether `day` lies in [start, end]; an absent end is open.
bool InForce(const google::type::Date& start, const google::type::Date* end, absl::CivilDay day);

// Makes a draft visible.
absl::Status Publish(v1::JobOffer& offer);

// Takes an offer back for good.
absl::Status Close(v1::JobOffer& offer);

// Takes the new number of positions of an edited offer over into its count.
absl::Status Resize(v1::JobOffer& offer, v1::PositionCount& count);

// Fills `hiring` from the learner and the offer.
absl::Status Propose(const v1::LearnerPutForward& learner, const v1::JobOffer& offer,
                     v1::Hiring& hiring);

// Takes a position for the learner.
absl::Status Accept(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                    v1::PositionCount& count);

// Says no, giving the position back if one was taken. The caller knows that no contract is signed.
absl::Status Decline(v1::Hiring& hiring, v1::LearnerPutForward& learner, v1::JobOffer& offer,
                     v1::PositionCount& count);

// Signs a draft on what the law says of it.
absl::Status Sign(v1::Contract& contract, const v1::Hiring& hiring,
                  const std::vector<v1::Finding>& findings);

// Ends a signed contract before its term: the hiring is over, its position free, the learner
// available again.
absl::Status Break(v1::Contract& contract, const google::type::Date& date, v1::Hiring& hiring,
                   v1::LearnerPutForward& learner, v1::JobOffer& offer, v1::PositionCount& count);

}  // namespace vivier::partners
