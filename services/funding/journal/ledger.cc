#include "services/funding/journal/ledger.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/resource_name.h"

namespace vivier::funding {
namespace {

using v1::AgreementBalance;
using v1::JournalEntry;

constexpr char kBorne[] = "own/borne";
constexpr char kOwnFunds[] = "own/funds";

// "fundingAgreements/region/reserved"
std::string Account(const AgreementBalance& balance, absl::string_view account) {
  return absl::StrCat("fundingAgreements/", IdOf(ParentOf(balance.name())), "/", account);
}

void Move(JournalEntry::Kind kind, std::string debit, std::string credit, int64_t cents,
          Transfers& transfers) {
  if (cents == 0) return;
  JournalEntry& entry = transfers.emplace_back();
  entry.set_kind(kind);
  entry.set_debit_account(std::move(debit));
  entry.set_credit_account(std::move(credit));
  entry.set_amount_cents(cents);
}

void AddReserved(int64_t cents, Position at) {
  at.balance.set_reserved_cents(at.balance.reserved_cents() + cents);
  at.seat.set_reserved_cents(at.seat.reserved_cents() + cents);
  at.reserved.set_reserved_cents(at.reserved.reserved_cents() + cents);
}

void AddEarned(int64_t cents, Position at) {
  AddReserved(-cents, at);
  at.balance.set_earned_cents(at.balance.earned_cents() + cents);
  at.seat.set_earned_cents(at.seat.earned_cents() + cents);
  at.reserved.set_earned_cents(at.reserved.earned_cents() + cents);
}

// What the account received less what it gave.
int64_t SumOf(const std::string& account, const Transfers& journal) {
  int64_t sum = 0;
  for (const JournalEntry& entry : journal) {
    if (entry.debit_account() == account) sum += entry.amount_cents();
    if (entry.credit_account() == account) sum -= entry.amount_cents();
  }
  return sum;
}

}  // namespace

int64_t Headroom(const AgreementBalance& balance) {
  return balance.ceiling_cents() - balance.reserved_cents() - balance.earned_cents();
}

bool CanReserve(const AgreementBalance& balance, int64_t cents) {
  return cents <= Headroom(balance);
}

void SetCeiling(int64_t ceiling_cents, AgreementBalance& balance, Transfers& transfers) {
  const int64_t more = ceiling_cents - balance.ceiling_cents();
  const std::string available = Account(balance, "available");
  const std::string promised = Account(balance, "promised");
  if (more > 0) Move(JournalEntry::CEILING, available, promised, more, transfers);
  if (more < 0) Move(JournalEntry::CEILING, promised, available, -more, transfers);
  balance.set_ceiling_cents(ceiling_cents);
}

void Reserve(int64_t cents, Position at, Transfers& transfers) {
  AddReserved(cents, at);
  Move(JournalEntry::RESERVE, Account(at.balance, "reserved"), Account(at.balance, "available"),
       cents, transfers);
}

void Release(Position at, Transfers& transfers) {
  const int64_t cents = at.reserved.reserved_cents();
  AddReserved(-cents, at);
  Move(JournalEntry::RELEASE, Account(at.balance, "available"), Account(at.balance, "reserved"),
       cents, transfers);
}

int64_t Earn(int64_t price_cents, Position at, Transfers& transfers) {
  const int64_t cents = std::min(price_cents, at.reserved.reserved_cents());
  AddEarned(cents, at);
  Move(JournalEntry::EARN, Account(at.balance, "earned"), Account(at.balance, "reserved"), cents,
       transfers);
  return cents;
}

void Reverse(int64_t earned_cents, Position at, Transfers& transfers) {
  AddEarned(-earned_cents, at);
  Move(JournalEntry::REVERSE, Account(at.balance, "reserved"), Account(at.balance, "earned"),
       earned_cents, transfers);
}

void BearOwn(int64_t own_cents, Transfers& transfers) {
  if (own_cents >= 0) return Move(JournalEntry::OWN, kBorne, kOwnFunds, own_cents, transfers);
  Move(JournalEntry::OWN, kOwnFunds, kBorne, -own_cents, transfers);
}

void Invoiced(int64_t cents, AgreementBalance& balance, Transfers& transfers) {
  balance.set_invoiced_cents(balance.invoiced_cents() + cents);
  Move(JournalEntry::INVOICE, Account(balance, "receivable"), Account(balance, "sales"), cents,
       transfers);
}

void Paid(int64_t cents, AgreementBalance& balance, Transfers& transfers) {
  balance.set_paid_cents(balance.paid_cents() + cents);
  Move(JournalEntry::PAYMENT, Account(balance, "received"), Account(balance, "receivable"), cents,
       transfers);
}

std::vector<std::string> CheckJournal(const Transfers& journal) {
  std::vector<std::string> wrong;
  for (const JournalEntry& entry : journal) {
    if (entry.amount_cents() <= 0)
      wrong.push_back(absl::StrCat("I3 amount not above 0: ", entry.name()));
    if (entry.debit_account() == entry.credit_account())
      wrong.push_back(absl::StrCat("I3 from an account to itself: ", entry.name()));
  }
  return wrong;
}

std::vector<std::string> CheckBalance(const AgreementBalance& balance, const Transfers& journal) {
  std::vector<std::string> wrong;
  auto expect = [&](bool holds, absl::string_view what) {
    if (!holds) wrong.push_back(absl::StrCat("I4 ", what, ": ", balance.name()));
  };
  auto sum = [&](absl::string_view account) { return SumOf(Account(balance, account), journal); };
  expect(balance.reserved_cents() >= 0, "reserved below 0");
  expect(balance.earned_cents() >= 0, "earned below 0");
  expect(Headroom(balance) >= 0, "reserved and earned above the ceiling");
  expect(sum("promised") == -balance.ceiling_cents(), "ceiling is not the journal's");
  expect(sum("available") == Headroom(balance), "headroom is not the journal's");
  expect(sum("reserved") == balance.reserved_cents(), "reserved is not the journal's");
  expect(sum("earned") == balance.earned_cents(), "earned is not the journal's");
  expect(sum("sales") == -balance.invoiced_cents(), "invoiced is not the journal's");
  expect(sum("received") == balance.paid_cents(), "paid is not the journal's");
  return wrong;
}

std::vector<std::string> CheckEarnings(const std::vector<v1::Earning>& earnings) {
  struct Standing {
    int posted = 0, taken_back = 0;
    int64_t earned_cents = 0, own_cents = 0;
  };
  std::vector<std::string> wrong;
  std::map<std::pair<std::string, int>, std::map<int, Standing>> shares;
  for (const v1::Earning& earning : earnings) {
    Standing& standing = shares[{earning.presence_entry(), earning.share()}][earning.revision()];
    ++(earning.reversal() ? standing.taken_back : standing.posted);
    standing.earned_cents += earning.earned_cents();
    standing.own_cents += earning.own_cents();
    if (earning.earned_cents() + earning.own_cents() != earning.price_cents())
      wrong.push_back(absl::StrCat("I5 parts do not make the price: ", earning.name()));
  }
  for (const auto& [share, revisions] : shares) {
    const std::string where = absl::StrCat(": ", share.first, " share ", share.second);
    int standing_revisions = 0;
    for (const auto& [revision, standing] : revisions) {
      if (standing.posted != 1 || standing.taken_back > 1)
        wrong.push_back("I5 not earned exactly once" + where);
      if (standing.taken_back == 0) ++standing_revisions;
      if (standing.taken_back > 0 && (standing.earned_cents != 0 || standing.own_cents != 0))
        wrong.push_back("I5 a reversal does not undo its earning" + where);
    }
    if (standing_revisions > 1) wrong.push_back("I5 more than one revision stands" + where);
  }
  return wrong;
}

}  // namespace vivier::funding
