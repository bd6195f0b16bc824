#include "services/funding/journal/journal.h"

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"

namespace vivier::funding {
namespace {

using rpc::Call;

// I3 and I4; row by row they are ledger.h's checks.
constexpr char kNoTransfer[] =
    "SELECT name, 'is no transfer' FROM journal_entries "
    "WHERE school = $1 AND (amount_cents <= 0 OR debit_account = credit_account)";
// A balance's name less "schools/{school}/" and "balance" is its accounts' prefix.
constexpr char kBalanceIsNotTheJournals[] =
    "WITH moves AS (SELECT debit_account AS account, amount_cents AS cents FROM journal_entries "
    "WHERE school = $1 UNION ALL SELECT credit_account, -amount_cents FROM journal_entries "
    "WHERE school = $1), "
    "sums AS (SELECT account, CAST(SUM(cents) AS BIGINT) AS cents FROM moves GROUP BY account), "
    "balances AS (SELECT agreement_balances.*, substr(name, length(school) + 10, "
    "length(name) - length(school) - 16) AS prefix FROM agreement_balances WHERE school = $1) "
    "SELECT balances.name, 'counters out of bounds, or not the sums of the journal' FROM balances "
    "LEFT JOIN sums promised ON promised.account = prefix || 'promised' "
    "LEFT JOIN sums reserved ON reserved.account = prefix || 'reserved' "
    "LEFT JOIN sums earned ON earned.account = prefix || 'earned' "
    "LEFT JOIN sums sales ON sales.account = prefix || 'sales' "
    "LEFT JOIN sums received ON received.account = prefix || 'received' "
    "WHERE reserved_cents < 0 OR earned_cents < 0 OR reserved_cents + earned_cents > ceiling_cents "
    "OR ceiling_cents <> -COALESCE(promised.cents, 0) "
    "OR reserved_cents <> COALESCE(reserved.cents, 0) OR earned_cents <> COALESCE(earned.cents, 0) "
    "OR invoiced_cents <> -COALESCE(sales.cents, 0) OR paid_cents <> COALESCE(received.cents, 0)";

}  // namespace

const char kEarnedOfBalances[] =
    "(SELECT name, earned_cents FROM agreement_balances WHERE school = $1)";

void Journal::AddTo(rpc::Service& service) {
  service.Standard(balances_)
      .Standard(entries_)
      .Follows("I3", "journal_entries: amount_cents, debit_account, credit_account", kNoTransfer)
      .Follows("I4",
               "agreement_balances: ceiling_cents, reserved_cents, earned_cents, invoiced_cents, "
               "paid_cents; journal_entries: name, debit_account, credit_account, amount_cents",
               kBalanceIsNotTheJournals);
}

absl::Status Journal::Open(Call& call, v1::AgreementBalance& balance) {
  return balances_.Insert(call, balance);
}

absl::Status Journal::Store(Call& call, v1::AgreementBalance& balance) {
  return balances_.Update(call, balance);
}

absl::Status Journal::Post(Call& call, const Subject& subject, Transfers& transfers) {
  int line = 0;
  for (v1::JournalEntry& entry : transfers) {
    entry.set_name(NameIn(call.school(), "journalEntries", absl::StrCat(subject.id, ".", ++line)));
    entry.set_subject(subject.name);
    *entry.mutable_date() = subject.date;
    *entry.mutable_create_time() = ToTimestamp(call.time());
    RETURN_IF_ERROR(entries_.Insert(call, entry));
  }
  return absl::OkStatus();
}

}  // namespace vivier::funding
