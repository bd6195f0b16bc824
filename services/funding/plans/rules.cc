#include "services/funding/plans/rules.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"

namespace vivier::funding {
namespace {

using v1::PlanShare;

constexpr int kMinutesPerHour = 60;

int64_t PriceUpTo(const v1::FundingPlan& plan, const PlanShare& share, int seat, int64_t minutes,
                  int64_t half_days) {
  if (share.basis() == PlanShare::HOURLY)
    return EarnedUpTo(share.amount_cents(), kMinutesPerHour, minutes);
  return EarnedUpTo(SeatAmount(plan, share, seat), plan.planned_half_days(), half_days);
}

}  // namespace

int64_t EarnedUpTo(int64_t amount_cents, int64_t planned, int64_t done) {
  // amount * done could leave 64 bits: whole cents per unit first, then the rest, which is below
  // `planned`.
  const int64_t whole = amount_cents / planned;
  const int64_t rest = amount_cents % planned;
  return whole * done + (2 * rest * done + planned) / (2 * planned);
}

std::vector<int64_t> SpreadOverSeats(int64_t amount_cents, int seats) {
  std::vector<int64_t> parts(static_cast<size_t>(seats), amount_cents / seats);
  const auto odd_cents = static_cast<size_t>(amount_cents % seats);
  for (size_t seat = 0; seat < odd_cents; ++seat) ++parts[seat];
  return parts;
}

int64_t SeatAmount(const v1::FundingPlan& plan, const PlanShare& share, int seat) {
  switch (share.basis()) {
    case PlanShare::HOURLY:
      return EarnedUpTo(share.amount_cents(), kMinutesPerHour, plan.planned_minutes());
    case PlanShare::LUMP_SUM:  // SpreadOverSeats without the other seats
      return share.amount_cents() / plan.seats() +
             (seat <= share.amount_cents() % plan.seats() ? 1 : 0);
    default:
      return share.amount_cents();
  }
}

std::vector<int64_t> Split(const v1::FundingPlan& plan, const v1::FundedSeat& seat,
                           int32_t minutes) {
  std::vector<int64_t> prices;
  for (int i = 0; i < plan.shares_size(); ++i) {
    const int64_t delivered = i < seat.shares_size() ? seat.shares(i).price_cents() : 0;
    const int64_t with_this = PriceUpTo(plan, plan.shares(i), seat.seat(), seat.minutes() + minutes,
                                        seat.half_days() + (minutes > 0 ? 1 : 0));
    // After a correction the sum delivered may lie a cent above the rounded one: a price is never
    // negative.
    prices.push_back(std::max<int64_t>(0, with_this - delivered));
  }
  return prices;
}

absl::Status CheckPlan(const v1::FundingPlan& plan) {
  if (IdOf(plan.name()) != IdOf(plan.cohort()))
    return InvalidField("funding_plan_id",
                        absl::StrCat("must be the cohort's id, ", IdOf(plan.cohort())));
  for (int i = 0; i < plan.shares_size(); ++i) {
    const std::string field = absl::StrCat("funding_plan.shares[", i, "]");
    if (plan.shares(i).basis() == PlanShare::BASIS_UNSPECIFIED)
      return InvalidField(field + ".basis", "must be given");
    for (int before = 0; before < i; ++before)
      if (plan.shares(before).funding_agreement() == plan.shares(i).funding_agreement())
        return InvalidField(field + ".funding_agreement", "an agreement takes part once");
  }
  return absl::OkStatus();
}

int TakeSeat(const v1::FundingPlan& plan, v1::SeatUse& use) {
  auto* free_seats = use.mutable_free_seats();
  if (!free_seats->empty()) {
    const auto lowest = std::min_element(free_seats->begin(), free_seats->end());
    const int seat = *lowest;
    free_seats->erase(lowest);
    return seat;
  }
  if (use.opened_seats() >= plan.seats()) return 0;
  use.set_opened_seats(use.opened_seats() + 1);
  return use.opened_seats();
}

void GiveSeatBack(int seat, v1::SeatUse& use) { use.add_free_seats(seat); }

}  // namespace vivier::funding
