// That the checks of the invariants see what they are for: each row breaks one thing.
#include "services/funding/journal/ledger.h"

#include <functional>

#include "gtest/gtest.h"

namespace vivier::funding {
namespace {

v1::AgreementBalance Balance(int64_t ceiling_cents, Transfers& journal) {
  v1::AgreementBalance balance;
  balance.set_name("schools/nancy/fundingAgreements/region/balance");
  SetCeiling(ceiling_cents, balance, journal);
  return balance;
}

TEST(Ledger, MovesBetweenNamedAccounts) {
  Transfers journal;
  v1::AgreementBalance balance = Balance(1000, journal);
  v1::SeatShare seat;
  v1::ReservedShare reserved;
  const Position at{balance, seat, reserved};
  Reserve(400, at, journal);
  EXPECT_EQ(Earn(150, at, journal), 150);
  EXPECT_EQ(Earn(300, at, journal), 250) << "no more than is held";
  Reverse(250, at, journal);
  Release(at, journal);
  Invoiced(150, balance, journal);
  Paid(100, balance, journal);
  EXPECT_EQ(balance.earned_cents(), 150);
  EXPECT_EQ(Headroom(balance), 850);
  EXPECT_TRUE(CanReserve(balance, 850));
  EXPECT_FALSE(CanReserve(balance, 851));
  EXPECT_TRUE(CheckJournal(journal).empty());
  EXPECT_EQ(CheckBalance(balance, journal), std::vector<std::string>{});
  EXPECT_EQ(journal[1].debit_account(), "fundingAgreements/region/reserved");
  EXPECT_EQ(journal[1].credit_account(), "fundingAgreements/region/available");
}

TEST(Ledger, WritesNoEntryForNothing) {
  Transfers journal;
  v1::AgreementBalance balance = Balance(1000, journal);
  v1::SeatShare seat;
  v1::ReservedShare reserved;
  Reserve(0, {balance, seat, reserved}, journal);
  Release({balance, seat, reserved}, journal);
  BearOwn(0, journal);
  SetCeiling(1000, balance, journal);
  EXPECT_EQ(journal.size(), 1u);
}

TEST(Ledger, LoweringAndBearingOwnGoBack) {
  Transfers journal;
  v1::AgreementBalance balance = Balance(1000, journal);
  SetCeiling(700, balance, journal);
  BearOwn(30, journal);
  BearOwn(-30, journal);
  EXPECT_EQ(CheckBalance(balance, journal), std::vector<std::string>{});
  EXPECT_EQ(journal[2].debit_account(), journal[3].credit_account());
}

TEST(CheckJournal, SeesATransferThatIsNone) {
  v1::JournalEntry entry;
  entry.set_debit_account("own/funds");
  entry.set_credit_account("own/funds");
  EXPECT_EQ(CheckJournal({entry}).size(), 2u);
}

TEST(CheckBalance, SeesEveryBrokenCounter) {
  const std::function<void(v1::AgreementBalance&)> breaks[] = {
      [](auto& b) { b.set_ceiling_cents(999); },   [](auto& b) { b.set_reserved_cents(-1); },
      [](auto& b) { b.set_reserved_cents(1001); }, [](auto& b) { b.set_earned_cents(-1); },
      [](auto& b) { b.set_earned_cents(1); },      [](auto& b) { b.set_invoiced_cents(1); },
      [](auto& b) { b.set_paid_cents(1); },
  };
  for (const auto& break_it : breaks) {
    Transfers journal;
    v1::AgreementBalance balance = Balance(1000, journal);
    EXPECT_TRUE(CheckBalance(balance, journal).empty());
    break_it(balance);
    EXPECT_FALSE(CheckBalance(balance, journal).empty());
  }
}

v1::Earning Earned(int revision, bool reversal, int64_t cents) {
  v1::Earning earning;
  earning.set_presence_entry("entry");
  earning.set_share(1);
  earning.set_revision(revision);
  earning.set_reversal(reversal);
  earning.set_earned_cents(cents);
  earning.set_price_cents(cents);
  return earning;
}

TEST(CheckEarnings, SeesWhatIsEarnedTwice) {
  const v1::Earning first = Earned(1, false, 100), back = Earned(1, true, -100),
                    second = Earned(2, false, 90);
  v1::Earning unequal = first;
  unequal.set_price_cents(101);
  const struct {
    const char* what;
    std::vector<v1::Earning> earnings;
    bool right;
  } rows[] = {
      {"once", {first}, true},
      {"corrected", {first, back, second}, true},
      {"twice at one revision", {first, first}, false},
      {"taken back twice", {first, back, back}, false},
      {"two revisions stand", {first, second}, false},
      {"taken back in part", {first, Earned(1, true, -99), second}, false},
      {"a reversal of nothing", {back}, false},
      {"parts are not the price", {unequal}, false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(CheckEarnings(row.earnings).empty(), row.right) << row.what;
}

}  // namespace
}  // namespace vivier::funding
