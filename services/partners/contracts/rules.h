// What may happen to a contract. Pure functions on messages: a refusal leaves its arguments as they
// were. Thread-safe. What the law says of a contract is in contract_law.h.
//
//   DRAFT ── sign ──▶ SIGNED ── its term ──▶ COMPLETED
//                     SIGNED ── break ──▶ BROKEN
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "google/type/date.pb.h"
#include "vivier/partners/v1/contracts.pb.h"
#include "vivier/partners/v1/hirings.pb.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

// CONTRACT_STATE, with the state that the contract is in.
absl::Status WrongState(const v1::Contract& contract);

// Signs a draft on what the law says of it.
absl::Status Sign(v1::Contract& contract, const v1::Hiring& hiring,
                  const std::vector<v1::Finding>& findings);

// Ends a signed contract before its term: the hiring is over, its position free, the learner
// available again.
absl::Status Break(v1::Contract& contract, const google::type::Date& date, v1::Hiring& hiring,
                   v1::LearnerPutForward& learner, v1::JobOffer& offer, v1::PositionCount& count);

}  // namespace vivier::partners
