#include "services/funding/funding.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/funding/names.h"
#include "services/funding/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/formats/codes.h"

namespace vivier::funding {
namespace {

using rpc::Call;
using storage::Value;

// How many reservations the refusal of a lower ceiling names at most.
constexpr int kNamedReservationsMax = 20;

// An SQL pattern for a column of JSON that names the resource. Resource names hold neither % nor _.
Value Naming(const std::string& name) { return absl::StrCat("%\"", name, "\"%"); }

// The invariants of the house that this service keeps; row by row they are ledger.h's checks.
constexpr char kCountJournal[] = "SELECT COUNT(*) FROM journal_entries WHERE school = $1";
constexpr char kNoTransfer[] =
    "SELECT name, 'is no transfer' FROM journal_entries "
    "WHERE school = $1 AND (amount_cents <= 0 OR debit_account = credit_account)";
constexpr char kCountBalances[] = "SELECT COUNT(*) FROM agreement_balances WHERE school = $1";
// A balance's name less "schools/{school}/" and "balance" is its accounts' prefix.
constexpr char kBalanceIsNotTheJournals[] =
    "WITH moves AS (SELECT debit_account AS account, amount_cents AS cents FROM journal_entries "
    "WHERE school = $1 "
    "UNION ALL SELECT credit_account, -amount_cents FROM journal_entries WHERE school = $1), "
    "sums AS (SELECT account, CAST(SUM(cents) AS BIGINT) AS cents FROM moves GROUP BY account), "
    "balances AS (SELECT agreement_balances.*, substr(name, length(school) + 10, length(name) - "
    "length(school) - 16) "
    "AS prefix FROM agreement_balances WHERE school = $1) "
    "SELECT balances.name, 'counters out of bounds, or not the sums of the journal' FROM balances "
    "LEFT JOIN sums promised ON promised.account = prefix || 'promised' "
    "LEFT JOIN sums reserved ON reserved.account = prefix || 'reserved' "
    "LEFT JOIN sums earned ON earned.account = prefix || 'earned' "
    "WHERE reserved_cents < 0 OR earned_cents < 0 OR reserved_cents + earned_cents > ceiling_cents "
    "OR ceiling_cents <> -COALESCE(promised.cents, 0) OR reserved_cents <> "
    "COALESCE(reserved.cents, 0) "
    "OR earned_cents <> COALESCE(earned.cents, 0)";
constexpr char kCountEarnings[] = "SELECT COUNT(*) FROM earnings WHERE school = $1";
constexpr char kNotEarnedOnce[] =
    "SELECT MIN(name), 'not earned exactly once' FROM earnings WHERE school = $1 "
    "GROUP BY presence_entry, share HAVING SUM(1 - 2 * reversal) NOT IN (0, 1) "
    "UNION ALL SELECT name, 'parts do not make the price' FROM earnings "
    "WHERE school = $1 AND earned_cents + own_cents <> price_cents "
    "UNION ALL SELECT b.name, 'earned is not the sum of the earnings' FROM agreement_balances b "
    "LEFT JOIN "
    "(SELECT funding_agreement, SUM(earned_cents) AS cents FROM earnings WHERE school = $1 "
    "GROUP BY funding_agreement) e ON b.name = e.funding_agreement || '/balance' WHERE b.school = "
    "$1 AND "
    "b.earned_cents <> COALESCE(e.cents, 0) "
    "UNION ALL SELECT p.presence_entry, 'delivered and not earned' FROM presence_postings p "
    "WHERE p.school = $1 AND p.minutes > 0 AND NOT EXISTS (SELECT 1 FROM earnings e WHERE e.school "
    "= p.school "
    "AND e.presence_entry = p.presence_entry AND e.reversal = 0) "
    "UNION ALL SELECT MIN(e.name), 'earned and not delivered' FROM earnings e LEFT JOIN "
    "presence_postings p "
    "ON p.school = e.school AND p.presence_entry = e.presence_entry AND p.minutes > 0 "
    "WHERE e.school = $1 AND p.name IS NULL GROUP BY e.presence_entry HAVING SUM(1 - 2 * "
    "e.reversal) > 0";

// I7: enrolment claims the same of those who are admitted.
constexpr char kFundedHolds[] =
    "SELECT name, application FROM reservations WHERE school = $1 AND state IN ('RESERVED', "
    "'CONFIRMED')";

absl::Status CheckFunder(Call&, const v1::Funder*, v1::Funder& funder) {
  if (funder.siret().empty() || formats::CheckSiret(funder.siret()).ok()) return absl::OkStatus();
  return InvalidField("funder.siret", "is not a SIRET: its check digit does not fit");
}

}  // namespace

rpc::Service Funding::Rpc() {
  rpc::Service service("funding");
  funders_view_.AddTo(service);
  return service.Standard<v1::Funder>(funders_, &CheckFunder)
      .Standard(agreements_)
      .Standard(balances_)
      .Standard(plans_)
      .Standard(reservations_)
      .Standard(journal_)
      .Standard(earnings_)
      .Standard(findings_)
      .Standard(invoices_)
      .Standard(payments_)
      .Keeps(seat_uses_)
      .Keeps(seats_)
      .Keeps(postings_)
      .Keeps(sequences_)
      .On(*this, &Funding::CreateFundingAgreement)
      .On(*this, &Funding::AmendFundingAgreement)
      .On(*this, &Funding::CloseFundingAgreement)
      .On(*this, &Funding::CreateFundingPlan)
      .On(*this, &Funding::CreateInvoice)
      .On(*this, &Funding::GatherInvoice)
      .On(*this, &Funding::IssueInvoice)
      .On(*this, &Funding::RecordPayment)
      .On(*this, &Funding::ListInvoiceLines)
      .React(*this, &Funding::OnSeatHeld)
      .React(*this, &Funding::OnSeatReleased)
      .React(*this, &Funding::OnLearnerEnrolled)
      .React(*this, &Funding::OnAttendanceSheetSealed)
      .Holds("I3", kCountJournal, kNoTransfer)
      .Holds("I4", kCountBalances, kBalanceIsNotTheJournals)
      .Holds("I5", kCountEarnings, kNotEarnedOnce)
      .Claim("I7", kFundedHolds);
}

absl::StatusOr<v1::FundingAgreement> Funding::CreateFundingAgreement(
    Call& call, const v1::CreateFundingAgreementRequest& request) {
  v1::FundingAgreement agreement = request.funding_agreement();
  agreement.set_name(NameIn(call.school(), "fundingAgreements", request.funding_agreement_id()));
  RETURN_IF_ERROR(CheckAgreement(agreement));
  RETURN_IF_ERROR(funders_.Get(call, agreement.funder()).status());
  agreement.set_state(v1::FundingAgreement::ACTIVE);
  agreement.set_amendment_count(1);
  RETURN_IF_ERROR(agreements_.Insert(call, agreement));

  v1::AgreementBalance balance;
  balance.set_name(BalanceOf(agreement.name()));
  Transfers transfers;
  SetCeiling(agreement.ceiling_cents(), balance, transfers);
  RETURN_IF_ERROR(balances_.Insert(call, balance));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  RETURN_IF_ERROR(Journal(
      call,
      {absl::StrCat("c.", request.funding_agreement_id(), ".1"), agreement.name(), ToDate(today)},
      transfers));
  return agreement;
}

absl::StatusOr<v1::FundingAgreement> Funding::AmendFundingAgreement(
    Call& call, const v1::AmendFundingAgreementRequest& request) {
  ASSIGN_OR_RETURN(v1::FundingAgreement agreement,
                   agreements_.Get(call, request.name(), request.etag()));
  if (agreement.state() != v1::FundingAgreement::ACTIVE)
    return Refused(v1::AGREEMENT_CLOSED, "a closed agreement is not amended",
                   {{"agreement", agreement.name()}});
  ASSIGN_OR_RETURN(v1::AgreementBalance balance, balances_.Get(call, BalanceOf(agreement.name())));
  if (request.ceiling_cents() < balance.reserved_cents() + balance.earned_cents())
    return CeilingBelowCommitted(call, balance, request.ceiling_cents());
  RETURN_IF_ERROR(TellMoneyCameFree(call, {agreement.name()}));

  agreement.set_ceiling_cents(request.ceiling_cents());
  agreement.set_amendment_count(agreement.amendment_count() + 1);
  RETURN_IF_ERROR(agreements_.Update(call, agreement));
  Transfers transfers;
  SetCeiling(request.ceiling_cents(), balance, transfers);
  RETURN_IF_ERROR(balances_.Update(call, balance));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  RETURN_IF_ERROR(
      Journal(call,
              {absl::StrCat("c.", IdOf(agreement.name()), ".", agreement.amendment_count()),
               agreement.name(), ToDate(today)},
              transfers));
  return agreement;
}

// Names what must be released first: what waits for a learner before what has one.
absl::Status Funding::CeilingBelowCommitted(Call& call, const v1::AgreementBalance& balance,
                                            int64_t ceiling_cents) {
  const std::string agreement = ParentOf(balance.name());
  ASSIGN_OR_RETURN(std::vector<v1::Reservation> holders,
                   reservations_.Select(
                       call,
                       absl::StrCat("name IN (SELECT name FROM reservations WHERE school = $1 AND "
                                    "state IN ('RESERVED', 'CONFIRMED') AND shares LIKE $2 "
                                    "ORDER BY state DESC, name LIMIT ",
                                    kNamedReservationsMax, ") ORDER BY state DESC, name"),
                       {Naming(agreement)}));
  const int64_t release_cents = balance.reserved_cents() + balance.earned_cents() - ceiling_cents;
  int64_t named_cents = 0;
  std::vector<std::string> names;
  for (const v1::Reservation& holder : holders) {
    if (named_cents >= release_cents) break;
    for (const v1::ReservedShare& share : holder.shares())
      if (share.funding_agreement() == agreement) named_cents += share.reserved_cents();
    names.push_back(holder.name());
  }
  return Refused(v1::CEILING_BELOW_COMMITTED, "more is reserved and earned than the new ceiling",
                 {{"agreement", agreement},
                  {"release_cents", absl::StrCat(release_cents)},
                  {"reservations", absl::StrJoin(names, ",")}});
}

absl::StatusOr<v1::FundingAgreement> Funding::CloseFundingAgreement(
    Call& call, const v1::CloseFundingAgreementRequest& request) {
  ASSIGN_OR_RETURN(v1::FundingAgreement agreement,
                   agreements_.Get(call, request.name(), request.etag()));
  if (agreement.state() != v1::FundingAgreement::ACTIVE)
    return Refused(v1::AGREEMENT_CLOSED, "the agreement is closed already",
                   {{"agreement", agreement.name()}});
  agreement.set_state(v1::FundingAgreement::CLOSED);
  RETURN_IF_ERROR(agreements_.Update(call, agreement));
  return agreement;
}

absl::StatusOr<v1::FundingPlan> Funding::CreateFundingPlan(
    Call& call, const v1::CreateFundingPlanRequest& request) {
  v1::FundingPlan plan = request.funding_plan();
  plan.set_name(NameIn(call.school(), "fundingPlans", request.funding_plan_id()));
  RETURN_IF_ERROR(CheckPlan(plan));
  for (const v1::PlanShare& share : plan.shares()) {
    ASSIGN_OR_RETURN(v1::FundingAgreement agreement,
                     agreements_.Get(call, share.funding_agreement()));
    if (agreement.state() != v1::FundingAgreement::ACTIVE)
      return Refused(v1::AGREEMENT_CLOSED, "a closed agreement pays for no new plan",
                     {{"agreement", agreement.name()}});
  }
  RETURN_IF_ERROR(plans_.Insert(call, plan));
  v1::SeatUse use;
  use.set_name(SeatUseOf(plan.name()));
  RETURN_IF_ERROR(seat_uses_.Insert(call, use));
  v1::FundingPlanChanged changed;
  changed.set_cohort(plan.cohort());
  RETURN_IF_ERROR(call.Emit(changed));
  return plan;
}

absl::StatusOr<std::optional<Paying>> Funding::FindPaying(Call& call, const std::string& cohort) {
  ASSIGN_OR_RETURN(std::optional<v1::FundingPlan> plan,
                   plans_.Find(call, PlanOf(call.school(), cohort)));
  if (!plan.has_value()) return std::nullopt;
  Paying paying;
  paying.plan = *std::move(plan);
  for (const v1::PlanShare& share : paying.plan.shares()) {
    PlannedShare& planned = paying.shares.emplace_back();
    ASSIGN_OR_RETURN(planned.agreement, agreements_.Get(call, share.funding_agreement()));
    ASSIGN_OR_RETURN(planned.balance, balances_.Get(call, BalanceOf(share.funding_agreement())));
  }
  return paying;
}

absl::Status Funding::StoreBalances(Call& call, Paying& paying) {
  for (PlannedShare& share : paying.shares) RETURN_IF_ERROR(balances_.Update(call, share.balance));
  return absl::OkStatus();
}

absl::Status Funding::Journal(Call& call, const Subject& subject, Transfers& transfers) {
  int line = 0;
  for (v1::JournalEntry& entry : transfers) {
    entry.set_name(NameIn(call.school(), "journalEntries", absl::StrCat(subject.id, ".", ++line)));
    entry.set_subject(subject.name);
    *entry.mutable_date() = subject.date;
    *entry.mutable_create_time() = ToTimestamp(call.time());
    RETURN_IF_ERROR(journal_.Insert(call, entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Funding::CohortsPaidBy(
    Call& call, const std::vector<std::string>& agreements) {
  std::set<std::string> cohorts;
  for (const std::string& agreement : agreements) {
    ASSIGN_OR_RETURN(std::vector<v1::FundingPlan> plans,
                     plans_.Select(call, "shares LIKE $2 ORDER BY name", {Naming(agreement)}));
    for (const v1::FundingPlan& plan : plans) cohorts.insert(plan.cohort());
  }
  return std::vector<std::string>(cohorts.begin(), cohorts.end());
}

absl::Status Funding::TellMoneyCameFree(Call& call, const std::vector<std::string>& agreements) {
  ASSIGN_OR_RETURN(std::vector<std::string> cohorts, CohortsPaidBy(call, agreements));
  for (const std::string& cohort : cohorts) {
    v1::FundingPlanChanged changed;
    changed.set_cohort(cohort);
    RETURN_IF_ERROR(call.Emit(changed));
  }
  return absl::OkStatus();
}

std::vector<std::string> AgreementsOf(const Paying& paying) {
  std::vector<std::string> agreements;
  for (const PlannedShare& share : paying.shares) agreements.push_back(share.agreement.name());
  return agreements;
}

}  // namespace vivier::funding
