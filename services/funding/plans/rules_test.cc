#include "services/funding/plans/rules.h"

#include <numeric>
#include <random>

#include "gtest/gtest.h"
#include "services/funding/plans/seat_money.h"
#include "shared/base/error.h"

namespace vivier::funding {
namespace {

using v1::PlanShare;

PlanShare Share(const std::string& agreement, PlanShare::Basis basis, int64_t amount_cents) {
  PlanShare share;
  share.set_funding_agreement("schools/nancy/fundingAgreements/" + agreement);
  share.set_basis(basis);
  share.set_amount_cents(amount_cents);
  return share;
}

v1::FundingPlan Plan(int seats, int minutes, int half_days, const std::vector<PlanShare>& shares) {
  v1::FundingPlan plan;
  plan.set_name("schools/nancy/fundingPlans/ai-1");
  plan.set_cohort("schools/nancy/cohorts/ai-1");
  plan.set_seats(seats);
  plan.set_planned_minutes(minutes);
  plan.set_planned_half_days(half_days);
  for (const PlanShare& share : shares) *plan.add_shares() = share;
  return plan;
}

TEST(EarnedUpTo, RoundsTheSumHalfUp) {
  const struct {
    int64_t amount, planned, done, expected;
  } rows[] = {
      {100, 3, 0, 0},
      {100, 3, 1, 33},
      {100, 3, 2, 67},
      {100, 3, 3, 100},
      {100, 3, 4, 133},
      {1, 2, 1, 1},
      {1, 3, 1, 0},
      {1, 3, 2, 1},
      {0, 7, 5, 0},
      {900, 60, 210, 3150},
      {1'000'000'000'000, 999'983, 999'983, 1'000'000'000'000},
      {1'000'000'000'000, 999'983, 1, 1'000'017},
  };
  for (const auto& row : rows)
    EXPECT_EQ(EarnedUpTo(row.amount, row.planned, row.done), row.expected)
        << row.amount << " over " << row.planned << " after " << row.done;
}

TEST(SpreadOverSeats, GivesTheOddCentsToTheFirstSeats) {
  EXPECT_EQ(SpreadOverSeats(100, 3), (std::vector<int64_t>{34, 33, 33}));
  EXPECT_EQ(SpreadOverSeats(2, 4), (std::vector<int64_t>{1, 1, 0, 0}));
  EXPECT_EQ(SpreadOverSeats(7, 1), (std::vector<int64_t>{7}));
}

TEST(SeatAmount, FollowsTheBasis) {
  const v1::FundingPlan plan = Plan(3, 90, 2, {});
  EXPECT_EQ(SeatAmount(plan, Share("a", PlanShare::HOURLY, 1001), 2),
            1502);  // 1.5 h at 10.01 €, half a cent up
  EXPECT_EQ(SeatAmount(plan, Share("a", PlanShare::PER_SEAT, 1001), 2), 1001);
  for (int seat = 1; seat <= 3; ++seat)
    EXPECT_EQ(SeatAmount(plan, Share("a", PlanShare::LUMP_SUM, 100), seat),
              SpreadOverSeats(100, 3)[static_cast<size_t>(seat - 1)]);
}

TEST(Split, PricesTheNextHalfDayOfEveryShare) {
  const v1::FundingPlan plan =
      Plan(2, 420, 3,
           {Share("a", PlanShare::HOURLY, 900), Share("b", PlanShare::PER_SEAT, 100),
            Share("c", PlanShare::LUMP_SUM, 101)});
  v1::FundedSeat seat = UnusedSeat(plan, 1);
  EXPECT_EQ(Split(plan, seat, 210), (std::vector<int64_t>{3150, 33, 17}));
  EXPECT_EQ(Split(plan, seat, 0), (std::vector<int64_t>{0, 0, 0}));
}

// Every seat of 100,000 random plans, delivered half-day by half-day to the end, costs its amounts
// to the last cent, and the seats of a lump sum cost the lump sum.
TEST(SplitProperty, SumsAreExactToTheCent) {
  std::mt19937_64 random(20261122);
  auto between = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int round = 0; round < 100'000; ++round) {
    const int half_days = static_cast<int>(between(1, 12));
    const int seats = static_cast<int>(between(1, 40));
    std::vector<int32_t> minutes(static_cast<size_t>(half_days));
    for (int32_t& each : minutes) each = static_cast<int32_t>(between(1, 240));
    const int planned_minutes = std::accumulate(minutes.begin(), minutes.end(), 0);
    const int64_t hour = between(1, 5'000), whole_seat = between(1, 2'000'000),
                  lump = between(1, 90'000'000);
    const v1::FundingPlan plan =
        Plan(seats, planned_minutes, half_days,
             {Share("a", PlanShare::HOURLY, hour), Share("b", PlanShare::PER_SEAT, whole_seat),
              Share("c", PlanShare::LUMP_SUM, lump)});
    v1::FundedSeat seat = UnusedSeat(plan, static_cast<int>(between(1, seats)));
    std::vector<int64_t> sums(3, 0);
    for (int32_t each : minutes) {
      const std::vector<int64_t> prices = Split(plan, seat, each);
      for (int i = 0; i < 3; ++i) {
        ASSERT_GE(prices[static_cast<size_t>(i)], 0);
        sums[static_cast<size_t>(i)] += prices[static_cast<size_t>(i)];
        seat.mutable_shares(i)->set_price_cents(sums[static_cast<size_t>(i)]);
      }
      seat.set_minutes(seat.minutes() + each);
      seat.set_half_days(seat.half_days() + 1);
    }
    ASSERT_EQ(sums[0], (hour * planned_minutes * 2 + 60) / 120);
    ASSERT_EQ(sums[1], whole_seat);
    ASSERT_EQ(sums[2], lump / seats + (seat.seat() <= lump % seats ? 1 : 0));
    const std::vector<int64_t> spread = SpreadOverSeats(lump, seats);
    ASSERT_EQ(std::accumulate(spread.begin(), spread.end(), int64_t{0}), lump);
  }
}

TEST(CheckPlan, RefusesWhatCannotPay) {
  const PlanShare hourly = Share("a", PlanShare::HOURLY, 900);
  EXPECT_TRUE(CheckPlan(Plan(1, 1, 1, {hourly, Share("b", PlanShare::PER_SEAT, 1)})).ok());
  EXPECT_EQ(ReasonOf(CheckPlan(Plan(1, 1, 1, {hourly, hourly}))), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(CheckPlan(Plan(1, 1, 1, {Share("a", PlanShare::BASIS_UNSPECIFIED, 900)}))),
            "INVALID_FIELD");
  v1::FundingPlan other_cohort = Plan(1, 1, 1, {hourly});
  other_cohort.set_cohort("schools/nancy/cohorts/ai-2");
  EXPECT_EQ(ReasonOf(CheckPlan(other_cohort)), "INVALID_FIELD");
}

TEST(TakeSeat, TakesAGivenBackSeatFirstAndEndsAtThePlan) {
  const v1::FundingPlan plan = Plan(3, 1, 1, {});
  v1::SeatUse use;
  EXPECT_EQ(TakeSeat(plan, use), 1);
  EXPECT_EQ(TakeSeat(plan, use), 2);
  EXPECT_EQ(TakeSeat(plan, use), 3);
  EXPECT_EQ(TakeSeat(plan, use), 0);
  GiveSeatBack(3, use);
  GiveSeatBack(2, use);
  EXPECT_EQ(TakeSeat(plan, use), 2);
  EXPECT_EQ(TakeSeat(plan, use), 3);
  EXPECT_EQ(TakeSeat(plan, use), 0);
}

}  // namespace
}  // namespace vivier::funding
