// What may happen to a contract. Pure functions on messages: a refusal leaves its arguments as they
// were. Thread-safe. transitions.h draws the states; what the law says of a contract is in
// contract_law.h.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/type/date.pb.h"
#include "vivier/partners/v1/contracts.pb.h"
#include "vivier/partners/v1/hirings.pb.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

// CONTRACT_STATE, with the state that the contract is in, unless `act` may be done.
absl::Status CheckMayDo(absl::string_view act, const v1::Contract& contract);

// Puts the contract into the state to which `act` leads, or CONTRACT_STATE.
absl::Status MoveContract(absl::string_view act, v1::Contract& contract);

// Signs a draft on what the law says of it.
absl::Status Sign(v1::Contract& contract, const v1::Hiring& hiring,
                  const std::vector<v1::Finding>& findings);

// Ends a signed contract before its term: the hiring is over, its position free, the learner
// available again.
absl::Status Break(v1::Contract& contract, const google::type::Date& date, v1::Hiring& hiring,
                   v1::LearnerPutForward& learner, v1::JobOffer& offer, v1::PositionCount& count);

}  // namespace vivier::partners
