// The movements of money between the accounts of an agreement: each function changes the counters
// it is given and adds the transfers that say so, so counters and journal cannot disagree. Pure
// functions on messages, therefore thread-safe; the chart of accounts is in the README. Amounts in
// euro cents, never below 0; a movement of 0 adds no transfer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "vivier/funding/v1/earnings.pb.h"
#include "vivier/funding/v1/journal.pb.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {

// Journal entries with their kind, accounts and amount; name, subject and times are given where
// they are stored.
using Transfers = std::vector<v1::JournalEntry>;

// What one share of one learner's seat moves.
struct Position {
  v1::AgreementBalance& balance;
  v1::SeatShare& seat;
  v1::ReservedShare& reserved;
};

// What can still be reserved under the agreement.
int64_t Headroom(const v1::AgreementBalance& balance);

// Whether the agreement has `cents` left.
bool CanReserve(const v1::AgreementBalance& balance, int64_t cents);

// Sets the ceiling, which may not be below what is reserved and earned.
void SetCeiling(int64_t ceiling_cents, v1::AgreementBalance& balance, Transfers& transfers);

// Holds `cents` that CanReserve said are there.
void Reserve(int64_t cents, Position at, Transfers& transfers);

// Gives back all that is held.
void Release(Position at, Transfers& transfers);

// Earns up to `price_cents` from what is held, and answers how much.
int64_t Earn(int64_t price_cents, Position at, Transfers& transfers);

// Takes an earning of `earned_cents` back: the money is held again.
void Reverse(int64_t earned_cents, Position at, Transfers& transfers);

// What no funder covers is paid from the school's own funds; a negative amount takes that back.
void BearOwn(int64_t own_cents, Transfers& transfers);

// An invoice of `cents` went to the funder.
void Invoiced(int64_t cents, v1::AgreementBalance& balance, Transfers& transfers);

// The funder paid `cents`.
void Paid(int64_t cents, v1::AgreementBalance& balance, Transfers& transfers);

// What is wrong with these rows; empty when nothing is. For `verify` and tests.
// I3: each entry is a transfer of more than 0 between two accounts.
std::vector<std::string> CheckJournal(const Transfers& journal);
// I4: the counters are within their bounds and equal the sums of the journal.
std::vector<std::string> CheckBalance(const v1::AgreementBalance& balance,
                                      const Transfers& journal);
// I5: no presence entry earns twice under a share at a revision, parts make the price, a reversal
// takes back exactly what its revision earned, and at most one revision stands.
std::vector<std::string> CheckEarnings(const std::vector<v1::Earning>& earnings);

}  // namespace vivier::funding
