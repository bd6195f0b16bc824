// The money of seats against an independent model: holds, releases, half-days and corrections in
// random order, over two agreements that two plans share.
#include "services/funding/plans/seat_money.h"

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/funding/plans/rules.h"

namespace vivier::funding {
namespace {

using v1::Finding;
using v1::PlanShare;
using v1::Reservation;

google::type::Date Day(int day) {
  google::type::Date date;
  date.set_year(2026);
  date.set_month(11);
  date.set_day(day);
  return date;
}

// One agreement valid through November.
PlannedShare Agreed(const std::string& id, int64_t ceiling_cents, Transfers& journal) {
  PlannedShare share;
  share.agreement.set_name("schools/nancy/fundingAgreements/" + id);
  share.agreement.set_state(v1::FundingAgreement::ACTIVE);
  *share.agreement.mutable_valid_from() = Day(1);
  *share.agreement.mutable_valid_until() = Day(30);
  share.balance.set_name(share.agreement.name() + "/balance");
  SetCeiling(ceiling_cents, share.balance, journal);
  return share;
}

void AddShare(const PlannedShare& planned, PlanShare::Basis basis, int64_t amount_cents,
              v1::FundingPlan& plan) {
  PlanShare& share = *plan.add_shares();
  share.set_funding_agreement(planned.agreement.name());
  share.set_basis(basis);
  share.set_amount_cents(amount_cents);
}

v1::FundingPlan Plan(const std::string& id, int seats, int half_days) {
  v1::FundingPlan plan;
  plan.set_name("schools/nancy/fundingPlans/" + id);
  plan.set_seats(seats);
  plan.set_planned_half_days(half_days);
  plan.set_planned_minutes(half_days * 210);
  return plan;
}

void Append(const Transfers& transfers, Transfers& journal) {
  journal.insert(journal.end(), transfers.begin(), transfers.end());
}

v1::PresencePosting Posted(const Paying& paying, int32_t minutes,
                           const std::vector<Delivered>& delivered) {
  v1::PresencePosting posting;
  posting.set_minutes(minutes);
  for (size_t i = 0; i < delivered.size(); ++i) {
    v1::PostedShare& share = *posting.add_shares();
    share.set_funding_agreement(paying.plan.shares(static_cast<int>(i)).funding_agreement());
    share.set_earned_cents(delivered[i].earned_cents);
    share.set_own_cents(delivered[i].own_cents);
  }
  return posting;
}

// A plan of one share, 100 € a seat over 3 half-days, and one held seat.
class OneSeat : public testing::Test {
 protected:
  void SetUp() override {
    paying_.shares.push_back(Agreed("region", 10'000, journal_));
    paying_.plan = Plan("ai-1", 1, 3);
    AddShare(paying_.shares[0], PlanShare::PER_SEAT, 10'000, paying_.plan);
    holder_.seat = UnusedSeat(paying_.plan, 1);
    holder_.reservation.emplace();
    holder_.reservation->set_state(Reservation::CONFIRMED);
    Append(HoldSeat(paying_, holder_.seat, *holder_.reservation), journal_);
  }
  Delivered One(int32_t minutes, int day = 2) {
    std::vector<Delivered> delivered = Deliver(paying_, Day(day), minutes, holder_);
    Append(delivered[0].transfers, journal_);
    last_ = Posted(paying_, minutes, delivered);
    return delivered[0];
  }
  void Back() { Append(TakeBack(paying_, last_, holder_)[0], journal_); }
  void Leave() {
    Append(FreeSeat(paying_, holder_.seat, *holder_.reservation), journal_);
    holder_.reservation->set_state(Reservation::RELEASED);
  }
  void TearDown() override {
    EXPECT_TRUE(CheckJournal(journal_).empty());
    EXPECT_EQ(CheckBalance(balance(), journal_), std::vector<std::string>{});
  }
  v1::AgreementBalance& balance() { return paying_.shares[0].balance; }

  Transfers journal_;
  Paying paying_;
  Holder holder_;
  v1::PresencePosting last_;
};

TEST_F(OneSeat, IsEarnedToTheLastCentAndThenBorneByTheSchool) {
  EXPECT_EQ(One(210).earned_cents, 3333);
  EXPECT_EQ(One(30).earned_cents, 3334);  // any proven presence is a half-day of a seat price
  EXPECT_EQ(One(210).earned_cents, 3333);
  EXPECT_EQ(balance().reserved_cents(), 0);
  const Delivered beyond = One(210);
  EXPECT_EQ(beyond.earned_cents, 0);
  EXPECT_EQ(beyond.own_cents, 3333);
  EXPECT_EQ(beyond.shortfall, Finding::NOT_COVERED);
  EXPECT_EQ(balance().earned_cents(), 10'000);
}

TEST_F(OneSeat, HasNoMoneyForASecondSeat) {
  EXPECT_EQ(WithoutMoney(paying_, UnusedSeat(paying_.plan, 2), Day(2)),
            paying_.shares[0].agreement.name());
}

TEST_F(OneSeat, ACorrectionBackAndForthNetsToZero) {
  One(210);
  const int64_t price = One(210).earned_cents;
  const std::string before =
      absl::StrCat(balance().ShortDebugString(), holder_.seat.ShortDebugString());
  Back();
  EXPECT_EQ(balance().earned_cents(), 3333);
  EXPECT_EQ(One(210).earned_cents, price);
  EXPECT_EQ(absl::StrCat(balance().ShortDebugString(), holder_.seat.ShortDebugString()), before);
}

TEST_F(OneSeat, OutsideTheDatesTheSchoolBears) {
  paying_.shares[0].agreement.mutable_valid_until()->set_day(1);
  const Delivered late = One(210, 2);
  EXPECT_EQ(late.own_cents, 3333);
  EXPECT_EQ(late.shortfall, Finding::OUTSIDE_VALIDITY);
  EXPECT_EQ(balance().earned_cents(), 0);
}

TEST_F(OneSeat, WhatWasEarnedStaysWhenTheLearnerLeaves) {
  One(210);
  Leave();
  EXPECT_EQ(balance().earned_cents(), 3333);
  EXPECT_EQ(balance().reserved_cents(), 0);
  EXPECT_EQ(One(210).earned_cents, 3334);  // a sheet sealed after the release takes its money again
  EXPECT_EQ(balance().reserved_cents(), 0);
  Back();
  EXPECT_EQ(balance().earned_cents(), 3333);
  EXPECT_EQ(balance().reserved_cents(), 0);
}

TEST_F(OneSeat, TheNextHolderGetsTheRestAndALateSheetNeverTakesIt) {
  One(210);
  Leave();
  Holder next;
  next.seat = holder_.seat;
  next.reservation.emplace();
  next.reservation->set_state(Reservation::CONFIRMED);
  Append(HoldSeat(paying_, next.seat, *next.reservation), journal_);
  EXPECT_EQ(next.reservation->reserved_cents(), 6667);
  holder_.seat = next.seat;
  const Delivered late = One(210);
  EXPECT_EQ(late.earned_cents, 0);
  EXPECT_EQ(late.shortfall, Finding::NOT_COVERED);
}

TEST_F(OneSeat, WithoutReservationTheSchoolBears) {
  holder_ = Holder();
  holder_.seat = UnusedSeat(paying_.plan, 1);
  const Delivered unfunded = One(210);
  EXPECT_EQ(unfunded.own_cents, 3333);
  EXPECT_EQ(unfunded.shortfall, Finding::NO_RESERVATION);
  Back();
}

// The model: sums over what stands, computed anew at each step, in words of the invariants and
// without the counters.
class Model {
 public:
  struct HalfDay {
    size_t holder;
    v1::PresencePosting posting;
  };
  struct Hold {
    size_t plan;
    int seat;
    bool active;
    std::vector<int64_t> held_cents;  // at the hold
  };

  std::vector<Hold> holds;
  std::map<int, HalfDay> standing;  // by presence entry

  int64_t EarnedBy(size_t holder, int share) const {
    int64_t sum = 0;
    for (const auto& [entry, half_day] : standing)
      if (half_day.holder == holder) sum += half_day.posting.shares(share).earned_cents();
    return sum;
  }
  // What stands posted on a seat under a share: minutes, half-days, price and earned.
  struct Sums {
    int64_t minutes = 0, half_days = 0, price_cents = 0, earned_cents = 0;
  };
  Sums OnSeat(size_t plan, int seat, int share) const {
    Sums sums;
    for (const auto& [entry, half_day] : standing) {
      const Hold& hold = holds[half_day.holder];
      if (hold.plan != plan || hold.seat != seat) continue;
      const v1::PostedShare& posted = half_day.posting.shares(share);
      sums.minutes += half_day.posting.minutes();
      ++sums.half_days;
      sums.earned_cents += posted.earned_cents();
      sums.price_cents += posted.earned_cents() + posted.own_cents();
    }
    return sums;
  }
};

class World {
 public:
  World(uint64_t seed) : random_(seed) {
    shares_ = {Agreed("region", Between(100'000, 900'000), journal),
               Agreed("state", Between(100'000, 900'000), journal)};
    for (size_t p = 0; p < 2; ++p) {
      v1::FundingPlan plan = Plan(absl::StrCat("plan-", p), static_cast<int>(Between(2, 5)), 8);
      AddShare(shares_[0], p == 0 ? PlanShare::HOURLY : PlanShare::LUMP_SUM,
               p == 0 ? Between(500, 2000) : Between(100'000, 300'000), plan);
      AddShare(shares_[1], PlanShare::PER_SEAT, Between(10'000, 90'000), plan);
      plans_.push_back(plan);
      uses_.emplace_back();
    }
  }

  int64_t Between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }

  void Step() {
    const int64_t what = Between(0, 9);
    if (what < 2) return TryHold();
    if (model.holds.empty()) return;
    if (what == 2)
      return Free(static_cast<size_t>(Between(0, static_cast<int64_t>(model.holds.size()) - 1)));
    if (what == 3) return Amend();
    Seal(static_cast<int>(Between(0, 60)));
  }

  // I4 and the exactness of I5, from the model's own sums.
  void Check() {
    for (int share = 0; share < 2; ++share) {
      int64_t reserved = 0, earned = 0;
      for (size_t h = 0; h < model.holds.size(); ++h) {
        const int64_t earned_by = model.EarnedBy(h, share);
        earned += earned_by;
        if (model.holds[h].active)
          reserved += model.holds[h].held_cents[static_cast<size_t>(share)] - earned_by;
      }
      const v1::AgreementBalance& balance = shares_[static_cast<size_t>(share)].balance;
      ASSERT_EQ(balance.reserved_cents(), reserved);
      ASSERT_EQ(balance.earned_cents(), earned);
      ASSERT_LE(reserved + earned, balance.ceiling_cents());
      ASSERT_GE(reserved, 0);
    }
  }

  void CheckJournals() {
    ASSERT_TRUE(CheckJournal(journal).empty());
    for (const PlannedShare& share : shares_)
      ASSERT_EQ(CheckBalance(share.balance, journal), std::vector<std::string>{});
    ASSERT_EQ(CheckEarnings(earnings), std::vector<std::string>{});
  }

  Transfers journal;
  std::vector<v1::Earning> earnings;
  Model model;
  int refused = 0, own = 0, corrected = 0;

 private:
  Paying Pay(size_t plan) { return {plans_[plan], shares_}; }
  void Settle(const Paying& paying) { shares_ = paying.shares; }
  v1::FundedSeat& Seat(size_t plan, int number) {
    return seats_.try_emplace({plan, number}, UnusedSeat(plans_[plan], number)).first->second;
  }

  void TryHold() {
    const auto plan = static_cast<size_t>(Between(0, 1));
    v1::SeatUse use = uses_[plan];
    const int number = TakeSeat(plans_[plan], use);
    Paying paying = Pay(plan);
    if (number == 0 || !WithoutMoney(paying, Seat(plan, number), Day(2)).empty()) {
      ++refused;
      return;
    }
    uses_[plan] = use;
    Reservation reservation;
    reservation.set_state(Reservation::CONFIRMED);
    Append(HoldSeat(paying, Seat(plan, number), reservation), journal);
    Settle(paying);
    Model::Hold hold{plan, number, true, {}};
    for (const v1::ReservedShare& share : reservation.shares())
      hold.held_cents.push_back(share.reserved_cents());
    model.holds.push_back(hold);
    reservations_.push_back(reservation);
  }

  void Free(size_t holder) {
    Model::Hold& hold = model.holds[holder];
    if (!hold.active) return;
    Paying paying = Pay(hold.plan);
    Append(FreeSeat(paying, Seat(hold.plan, hold.seat), reservations_[holder]), journal);
    Settle(paying);
    reservations_[holder].set_state(Reservation::RELEASED);
    GiveSeatBack(hold.seat, uses_[hold.plan]);
    hold.active = false;
  }

  void Amend() {
    v1::AgreementBalance& balance = shares_[static_cast<size_t>(Between(0, 1))].balance;
    const int64_t committed = balance.reserved_cents() + balance.earned_cents();
    SetCeiling(committed + Between(1, 300'000), balance, journal);
  }

  // Seals the entry for the first time, or again with other minutes: 0 is an absence.
  void Seal(int entry) {
    auto stands = model.standing.find(entry);
    const size_t holder =
        stands != model.standing.end()
            ? stands->second.holder
            : static_cast<size_t>(Between(0, static_cast<int64_t>(model.holds.size()) - 1));
    const Model::Hold hold = model.holds[holder];
    Paying paying = Pay(hold.plan);
    Holder at{reservations_[holder], Seat(hold.plan, hold.seat)};
    const int revision = ++revisions_[entry];
    if (stands != model.standing.end()) {
      for (const Transfers& transfers : TakeBack(paying, stands->second.posting, at))
        Append(transfers, journal);
      Record(entry, stands->second.posting, true);
      model.standing.erase(stands);
      ++corrected;
    }
    const auto minutes = static_cast<int32_t>(Between(0, 3) * 70);
    if (minutes > 0) {
      const std::vector<Delivered> delivered = Deliver(paying, Day(3), minutes, at);
      for (const Delivered& share : delivered) Append(share.transfers, journal);
      for (const Delivered& share : delivered) own += share.own_cents > 0 ? 1 : 0;
      v1::PresencePosting posting = Posted(paying, minutes, delivered);
      for (v1::PostedShare& share : *posting.mutable_shares()) share.set_revision(revision);
      Record(entry, posting, false);
      model.standing[entry] = {holder, posting};
      CheckExact(hold);
    }
    Settle(paying);
    reservations_[holder] = *at.reservation;
    Seat(hold.plan, hold.seat) = at.seat;
  }

  // What stands on a seat costs exactly its rounded part of the amount, and never earns more than
  // the amount.
  void CheckExact(const Model::Hold& hold) {
    const v1::FundingPlan& plan = plans_[hold.plan];
    for (int i = 0; i < plan.shares_size(); ++i) {
      const Model::Sums sums = model.OnSeat(hold.plan, hold.seat, i);
      const int64_t amount = plan.shares(i).amount_cents(), seats = plan.seats();
      const bool lump = plan.shares(i).basis() == PlanShare::LUMP_SUM;
      const int64_t of_seat =
          lump ? amount / seats + (hold.seat <= amount % seats ? 1 : 0) : amount;
      const bool hourly = plan.shares(i).basis() == PlanShare::HOURLY;
      const int64_t planned = hourly ? 60 : plan.planned_half_days();
      const int64_t done = hourly ? sums.minutes : sums.half_days;
      ASSERT_EQ(sums.price_cents, (2 * of_seat * done + planned) / (2 * planned));
      const int64_t most = hourly ? (2 * amount * plan.planned_minutes() + 60) / 120 : of_seat;
      ASSERT_LE(sums.earned_cents, most);
    }
  }

  void Record(int entry, const v1::PresencePosting& posting, bool reversal) {
    for (int i = 0; i < posting.shares_size(); ++i) {
      const int64_t sign = reversal ? -1 : 1;
      v1::Earning& earning = earnings.emplace_back();
      earning.set_presence_entry(absl::StrCat("entry-", entry));
      earning.set_share(i + 1);
      earning.set_revision(posting.shares(i).revision());
      earning.set_reversal(reversal);
      earning.set_earned_cents(sign * posting.shares(i).earned_cents());
      earning.set_own_cents(sign * posting.shares(i).own_cents());
      earning.set_price_cents(earning.earned_cents() + earning.own_cents());
    }
  }

  std::mt19937_64 random_;
  std::vector<PlannedShare> shares_;
  std::vector<v1::FundingPlan> plans_;
  std::vector<v1::SeatUse> uses_;
  std::map<std::pair<size_t, int>, v1::FundedSeat> seats_;
  std::vector<Reservation> reservations_;
  std::map<int, int> revisions_;
};

TEST(SeatMoneyProperty, RandomOrdersKeepTheInvariants) {
  int refused = 0, own = 0, corrected = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    for (int step = 0; step < 300; ++step) {
      world.Step();
      world.Check();
      if (testing::Test::HasFatalFailure()) return;
    }
    world.CheckJournals();
    if (testing::Test::HasFatalFailure()) return;
    refused += world.refused;
    own += world.own;
    corrected += world.corrected;
  }
  // The walk met what it is for.
  EXPECT_GT(refused, 1000);
  EXPECT_GT(own, 1000);
  EXPECT_GT(corrected, 1000);
}

}  // namespace
}  // namespace vivier::funding
