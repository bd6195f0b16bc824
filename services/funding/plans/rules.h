// What a plan must be, what a half-day costs under it, and which of its seats is taken next. Pure
// functions on messages, therefore thread-safe. Money in euro cents, time in minutes.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {

// What `done` of `planned` units of a price of `amount_cents` are worth together, rounded half up.
// The price of one more unit is the difference of two of these, so the prices of any sequence of
// units sum to the amount to the last cent. More units than planned go on at the same price.
// `planned` is above 0, the others not below.
int64_t EarnedUpTo(int64_t amount_cents, int64_t planned, int64_t done);

// The amount over the seats by largest remainder: all seats weigh the same, so the first ones get
// the odd cents.
std::vector<int64_t> SpreadOverSeats(int64_t amount_cents, int seats);

// What the share pays for one seat of the plan, 1 to its seats: the most that is ever reserved and
// earned on it.
int64_t SeatAmount(const v1::FundingPlan& plan, const v1::PlanShare& share, int seat);

// The price, per share of the plan, of a half-day with `minutes` of proven presence, after what the
// seat has already delivered. A half-day with any proven presence counts as one half-day of a seat
// or lump-sum price.
std::vector<int64_t> Split(const v1::FundingPlan& plan, const v1::FundedSeat& seat,
                           int32_t minutes);

// INVALID_ARGUMENT where the plan's id is not its cohort's, a share has no basis, or an agreement
// appears twice.
absl::Status CheckPlan(const v1::FundingPlan& plan);

// Takes the lowest seat that was given back, else opens the next; 0 when the plan has no seat left.
int TakeSeat(const v1::FundingPlan& plan, v1::SeatUse& use);

// Gives a taken seat back.
void GiveSeatBack(int seat, v1::SeatUse& use);

}  // namespace vivier::funding
