#include "services/funding/invariants.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "shared/relations/relations.h"

namespace vivier::funding {
namespace {

using relations::EndsWith;
using relations::IdSql;
using relations::ParentSql;
using relations::Unlike;
using rpc::Knows;

constexpr char kAgreementsBroken[] =
    "SELECT a.name, 'its balance is missing, or has another ceiling' FROM funding_agreements a "
    "LEFT JOIN agreement_balances b ON b.school = a.school AND b.name = a.name || '/balance' "
    "WHERE a.school = $1 AND (b.name IS NULL OR b.ceiling_cents <> a.ceiling_cents) UNION ALL "
    "SELECT a.name, 'was not amended so often, or not closed' FROM funding_agreements a LEFT JOIN "
    "(SELECT resource, SUM(CASE method WHEN "
    "'vivier.funding.v1.FunderService.AmendFundingAgreement' "
    "THEN 1 ELSE 0 END) AS amended, "
    "SUM(CASE method WHEN 'vivier.funding.v1.FunderService.CloseFundingAgreement' "
    "THEN 1 ELSE 0 END) AS closed FROM audit_records WHERE school = $1 AND request_id <> '' "
    "GROUP BY resource) AS acts ON acts.resource = a.name WHERE a.school = $1 AND "
    "(a.amendment_count <> 1 + COALESCE(acts.amended, 0) OR "
    "(a.state = 'CLOSED') <> (COALESCE(acts.closed, 0) > 0))";

// "ai-1.2026-11-22-am.marie" of a presence entry.
std::string PostingId() {
  return "replace(replace(substr(presence_entry, length('schools/' || school || '/cohorts/') + 1), "
         "'/attendanceSheets/', '.'), '/presenceEntries/', '.')";
}

std::string EarningsBroken() {
  return absl::StrCat(
      "SELECT name, 'is not named after what it was earned by, or is of another day' "
      "FROM earnings WHERE school = $1 AND (name <> 'schools/' || school || '/earnings/' || ",
      PostingId(),
      " || '.' || share || '.' || revision || CASE reversal WHEN 1 THEN '.reversal' ELSE '' END "
      "OR date <> substr(",
      IdSql(ParentSql("presence_entry")),
      ", 1, 10)) UNION ALL "
      "SELECT r.name, 'does not undo what it takes back' FROM earnings r LEFT JOIN earnings e "
      "ON e.school = r.school AND e.presence_entry = r.presence_entry AND e.share = r.share "
      "AND e.revision = r.revision AND e.reversal = 0 WHERE r.school = $1 AND r.reversal = 1 AND "
      "(e.name IS NULL OR e.earned_cents <> -r.earned_cents OR e.own_cents <> -r.own_cents "
      "OR e.price_cents <> -r.price_cents OR e.minutes <> -r.minutes "
      "OR e.funding_agreement <> r.funding_agreement OR e.reservation <> r.reservation)");
}

// What each fact moved to or from the accounts that end so.
std::string Moved(const std::string& ending) {
  return absl::StrCat(
      "(SELECT subject, account, SUM(cents) AS cents FROM (SELECT subject, debit_account AS "
      "account, amount_cents AS cents FROM journal_entries WHERE school = $1 AND ",
      EndsWith("debit_account", ending),
      " UNION ALL SELECT subject, credit_account, -amount_cents FROM journal_entries "
      "WHERE school = $1 AND ",
      EndsWith("credit_account", ending), ") AS moves GROUP BY subject, account)");
}

// "fundingAgreements/region/earned" of the agreement's name.
std::string Account(const std::string& agreement, const std::string& ending) {
  return absl::StrCat("substr(", agreement, ", length('schools/' || $1) + 2) || '/", ending, "'");
}

std::string EarningsUnlikeTheJournal() {
  return absl::StrCat(
      "SELECT e.name, 'earned or borne is not what the journal moved' FROM earnings e LEFT JOIN ",
      Moved("/earned"), " AS earned ON earned.subject = e.name AND earned.account = ",
      Account("e.funding_agreement", "earned"), " LEFT JOIN ", Moved("/borne"),
      " AS own ON own.subject = e.name WHERE e.school = $1 AND "
      "(COALESCE(earned.cents, 0) <> e.earned_cents OR COALESCE(own.cents, 0) <> e.own_cents) "
      "UNION ALL SELECT j.name, 'is of another day than its earning' FROM journal_entries j "
      "JOIN earnings e ON e.school = j.school AND e.name = j.subject "
      "WHERE j.school = $1 AND j.date <> e.date");
}

// The kind, the accounts, the name and the subject of an entry say the same.
std::string EntriesBroken() {
  const auto between = [](const char* kind, const char* debit, const char* credit) {
    return absl::StrCat("(kind = '", kind, "' AND ",
                        EndsWith("debit_account", absl::StrCat("/", debit)), " AND ",
                        EndsWith("credit_account", absl::StrCat("/", credit)), ")");
  };
  const auto till_slash = [](const char* account) {
    return absl::StrCat("rtrim(", account, ", replace(", account, ", '/', ''))");
  };
  const std::string id =
      absl::StrCat("CASE kind WHEN 'PAYMENT' THEN ", IdSql(ParentSql("subject")), " || '.' || ",
                   IdSql("subject"), " ELSE ", IdSql("subject"), " END || '.'");
  return absl::StrCat(
      "SELECT name, 'its kind, accounts and name do not go together' FROM journal_entries "
      "WHERE school = $1 AND (NOT (",
      between("CEILING", "available", "promised"), " OR ",
      between("CEILING", "promised", "available"), " OR ",
      between("RESERVE", "reserved", "available"), " OR ",
      between("RELEASE", "available", "reserved"), " OR ", between("EARN", "earned", "reserved"),
      " OR ", between("REVERSE", "reserved", "earned"), " OR ", between("OWN", "borne", "funds"),
      " OR ", between("OWN", "funds", "borne"), " OR ", between("INVOICE", "receivable", "sales"),
      " OR ", between("PAYMENT", "received", "receivable"), ") OR ", till_slash("debit_account"),
      " <> ", till_slash("credit_account"),
      " OR substr(name, length('schools/' || school || '/journalEntries/') + 3, length(", id,
      ")) <> ", id,
      ") UNION ALL SELECT j.name, 'posts nothing that is there' FROM journal_entries j "
      "LEFT JOIN funding_agreements a ON a.school = j.school AND a.name = j.subject "
      "LEFT JOIN reservations r ON r.school = j.school AND r.name = j.subject "
      "LEFT JOIN earnings e ON e.school = j.school AND e.name = j.subject "
      "LEFT JOIN invoices i ON i.school = j.school AND i.name = j.subject "
      "LEFT JOIN payments p ON p.school = j.school AND p.name = j.subject "
      "WHERE j.school = $1 AND COALESCE(a.name, r.name, e.name, i.name, p.name) IS NULL");
}

std::string InvoicesBroken() {
  return absl::StrCat(
      "SELECT i.name, 'its total or lines are not those of its earnings' FROM invoices i LEFT JOIN "
      "(SELECT invoice, SUM(earned_cents) AS cents, COUNT(*) AS lines, "
      "MIN(funding_agreement) AS agreement, MAX(funding_agreement) AS other, MAX(date) AS last "
      "FROM earnings WHERE school = $1 AND invoice <> '' GROUP BY invoice) AS e "
      "ON e.invoice = i.name WHERE i.school = $1 AND (i.total_cents <> COALESCE(e.cents, 0) "
      "OR i.line_count <> COALESCE(e.lines, 0) OR e.agreement <> i.funding_agreement "
      "OR e.other <> i.funding_agreement OR e.last > i.until_date) UNION ALL "
      "SELECT i.name, 'paid, or its state, is not that of its payments' FROM invoices i LEFT JOIN "
      "(SELECT ",
      ParentSql("name"),
      " AS invoice, SUM(amount_cents) AS cents FROM payments "
      "WHERE school = $1 GROUP BY ",
      ParentSql("name"),
      ") AS p ON p.invoice = i.name WHERE i.school = $1 AND (i.paid_cents <> COALESCE(p.cents, 0) "
      "OR i.state <> CASE WHEN i.number = 0 THEN 'DRAFT' WHEN i.paid_cents = i.total_cents THEN "
      "'PAID' ELSE 'ISSUED' END)");
}

// Numbers without gaps, in the order of the days.
constexpr char kSeriesBroken[] =
    "SELECT COALESCE(s.name, 'invoiceSequences/' || i.year), 'numbers of the year have a gap, or "
    "end elsewhere than the sequence says' FROM "
    "(SELECT substr(issue_date, 1, 4) AS year, COUNT(*) AS issued, MAX(number) AS last, "
    "MAX(issue_date) AS day FROM invoices WHERE school = $1 AND number > 0 "
    "GROUP BY substr(issue_date, 1, 4)) AS i LEFT JOIN invoice_sequences s ON s.school = $1 "
    "AND s.name = 'schools/' || $1 || '/invoiceSequences/' || i.year "
    "WHERE s.name IS NULL OR s.last_number <> i.issued OR s.last_number <> i.last "
    "OR s.last_issue_date <> i.day UNION ALL "
    "SELECT s.name, 'counts numbers of a year without invoices' FROM invoice_sequences s "
    "LEFT JOIN invoices i ON i.school = s.school AND substr(i.issue_date, 1, 4) = "
    "substr(s.name, length(s.name) - 3) AND i.number = s.last_number "
    "WHERE s.school = $1 AND i.name IS NULL UNION ALL "
    "SELECT i.name, 'is dated before the number that it follows' FROM invoices i JOIN invoices b "
    "ON b.school = i.school AND substr(b.issue_date, 1, 4) = substr(i.issue_date, 1, 4) "
    "AND b.number = i.number - 1 WHERE i.school = $1 AND i.number > 1 AND b.number > 0 "
    "AND i.issue_date < b.issue_date";

// Each issue and each payment is posted once.
std::string ClaimsUnlikeTheJournal() {
  return Unlike(
      "SELECT subject AS name, amount_cents, date, debit_account FROM journal_entries "
      "WHERE school = $1 AND kind IN ('INVOICE', 'PAYMENT')",
      absl::StrCat("SELECT name, total_cents, issue_date, ",
                   Account("funding_agreement", "receivable"),
                   " FROM invoices WHERE school = $1 AND state <> 'DRAFT' UNION ALL "
                   "SELECT p.name, p.amount_cents, p.value_date, ",
                   Account("i.funding_agreement", "received"),
                   " FROM payments p JOIN invoices i ON i.school = p.school AND i.name = ",
                   ParentSql("p.name"), " WHERE p.school = $1"),
      "is not what the journal posted of it");
}

std::string ReservationsBroken() {
  return absl::StrCat(
      "SELECT name, 'its names do not go together, or with its state' FROM reservations "
      "WHERE school = $1 AND (cohort <> ",
      ParentSql("application"),
      " OR (funding_plan <> '' AND funding_plan <> 'schools/' || school || '/fundingPlans/' || ",
      IdSql("cohort"), ") OR (learner <> '' AND learner <> cohort || '/learners/' || ",
      IdSql("application"),
      ") OR (learner = '' AND state = 'CONFIRMED') "
      "OR (learner <> '' AND state IN ('RESERVED', 'REFUSED')) "
      "OR (seat = 0) <> (state = 'REFUSED')) UNION ALL "
      "SELECT r.name, 'reserved is not what the journal moved' FROM reservations r LEFT JOIN "
      "(SELECT CASE WHEN e.reservation <> '' THEN e.reservation ELSE j.subject END AS reservation, "
      "SUM(j.cents) AS cents FROM ",
      Moved("/reserved"),
      " AS j LEFT JOIN earnings e ON e.school = $1 AND e.name = j.subject GROUP BY "
      "CASE WHEN e.reservation <> '' THEN e.reservation ELSE j.subject END) AS moved "
      "ON moved.reservation = r.name "
      "WHERE r.school = $1 AND r.reserved_cents <> COALESCE(moved.cents, 0) UNION ALL "
      "SELECT r.name, 'earned is not the sum of its earnings' FROM reservations r LEFT JOIN "
      "(SELECT reservation, SUM(earned_cents) AS cents FROM earnings WHERE school = $1 "
      "GROUP BY reservation) AS e ON e.reservation = r.name "
      "WHERE r.school = $1 AND r.earned_cents <> COALESCE(e.cents, 0)");
}

std::string PostingsBroken() {
  return absl::StrCat(
      "SELECT name, 'is not named after its presence entry, or is of another sheet' "
      "FROM presence_postings WHERE school = $1 AND (attendance_sheet <> ",
      ParentSql("presence_entry"), " OR name <> 'schools/' || school || '/presencePostings/' || ",
      PostingId(),
      ") UNION ALL SELECT p.name, 'is paid by the money of another learner' "
      "FROM presence_postings p JOIN reservations r ON r.school = p.school "
      "AND r.name = p.reservation WHERE p.school = $1 AND ",
      IdSql("r.learner"), " <> ", IdSql("p.presence_entry"));
}

// One for each earning that no funder covers whole, closed where the earning was taken back.
constexpr char kFindingsDue[] =
    "SELECT replace(e.name, '/earnings/', '/findings/') AS name, e.name AS subject, "
    "e.funding_agreement, e.own_cents, CASE WHEN r.name IS NULL THEN 'OPEN' ELSE 'CLOSED' END "
    "AS state, CASE WHEN e.reservation = '' THEN 1 ELSE 0 END AS unreserved FROM earnings e "
    "LEFT JOIN earnings r ON r.school = e.school AND r.presence_entry = e.presence_entry "
    "AND r.share = e.share AND r.revision = e.revision AND r.reversal = 1 "
    "WHERE e.school = $1 AND e.reversal = 0 AND e.own_cents > 0";

std::string FindingsBroken() {
  return absl::StrCat(
      Unlike("SELECT name, subject, funding_agreement, amount_cents, state, "
             "CASE kind WHEN 'NO_RESERVATION' THEN 1 ELSE 0 END AS unreserved FROM findings "
             "WHERE school = $1 AND kind <> 'NO_FUNDING_PLAN'",
             kFindingsDue, "is not what its earning leaves to the school"),
      " UNION ALL SELECT name, 'says more than that there is no plan' FROM findings "
      "WHERE school = $1 AND kind = 'NO_FUNDING_PLAN' AND (funding_agreement <> '' OR "
      "amount_cents <> 0 OR state <> 'OPEN')");
}

// What funding keeps of others, and others of it.
void AddClaims(rpc::Service& service) {
  service
      .Claim("I17", "cohorts", Knows::kSome, "funding_plans: cohort",
             "SELECT cohort, 'known' FROM funding_plans WHERE school = $1")
      .Claim("I17", "applications with a hold", Knows::kAll,
             "reservations: name, application, candidate",
             "SELECT application, COUNT(*) || ' ' || MIN(candidate) FROM reservations "
             "WHERE school = $1 AND candidate NOT IN (SELECT subject FROM erasures "
             "WHERE school = $1) GROUP BY application")
      .Claim("I17", "learners of reservations", Knows::kAll, "reservations: learner",
             "SELECT name, learner FROM reservations WHERE school = $1 AND learner <> '' "
             "AND candidate NOT IN (SELECT subject FROM erasures WHERE school = $1)")
      .Claim("I17", "sealed sheets", Knows::kAll, "",
             "SELECT subject, CAST(COUNT(*) AS TEXT) FROM events WHERE school = $1 AND type = "
             "'vivier.funding.v1.AttendanceSheetPosted' GROUP BY subject")
      .Claim("I17", "funded seats", Knows::kAll, "reservations: state, cohort",
             absl::StrCat("SELECT ", IdSql("name"), ", ", IdSql("cohort"),
                          " FROM reservations WHERE school = $1 AND state <> 'REFUSED'"))
      .Claim("I17", "counts of money", Knows::kAll, "",
             absl::StrCat("SELECT 'earnings.' || cohort || '.earned', "
                          "CAST(CAST(SUM(cents) AS BIGINT) AS TEXT) FROM "
                          "(SELECT ",
                          IdSql(ParentSql(ParentSql("presence_entry"))),
                          " AS cohort, earned_cents AS cents FROM earnings WHERE school = $1) "
                          "AS earned GROUP BY cohort HAVING SUM(cents) <> 0 UNION ALL "
                          "SELECT 'invoices.issued', CAST(COUNT(*) AS TEXT) FROM invoices "
                          "WHERE school = $1 AND state <> 'DRAFT' HAVING COUNT(*) > 0 UNION ALL "
                          "SELECT 'invoices.total-cents', CAST(CAST(SUM(total_cents) AS BIGINT) "
                          "AS TEXT) FROM invoices WHERE school = $1 AND state <> 'DRAFT' "
                          "HAVING SUM(total_cents) <> 0"));
}

}  // namespace

const char kStandingEarnings[] =
    "SELECT e.name, e.presence_entry, e.share, e.revision, e.funding_agreement, e.reservation, "
    "e.minutes, e.earned_cents, e.own_cents FROM earnings e LEFT JOIN earnings r "
    "ON r.school = e.school AND r.presence_entry = e.presence_entry AND r.share = e.share "
    "AND r.revision = e.revision AND r.reversal = 1 WHERE e.school = $1 AND e.reversal = 0 "
    "AND r.name IS NULL AND e.name > $2 ORDER BY e.name LIMIT ";

std::string SeatEntries() {
  const auto of = [](const char* kind) {
    return relations::IsOf("name", absl::StrCat("journalEntries/", kind));
  };
  return absl::StrCat("SELECT name, date, create_time FROM journal_entries WHERE school = $1 AND (",
                      of("c."), " OR ", of("r."), " OR ", of("f."), ")");
}

void AddJoinedInvariants(rpc::Service& service) {
  service
      .Follows("I4",
               "funding_agreements: ceiling_cents, amendment_count, state; "
               "agreement_balances: name",
               kAgreementsBroken)
      .Follows("I5", "earnings: name, presence_entry, share, revision, reversal, date, minutes",
               EarningsBroken())
      .Follows("I5", "earnings: earned_cents, own_cents, price_cents, date; journal_entries: date",
               EarningsUnlikeTheJournal())
      .Follows("I3", "journal_entries: name, kind, debit_account, credit_account, subject",
               EntriesBroken())
      .Follows("I16",
               "invoices: name, total_cents, line_count, paid_cents, state, funding_agreement; "
               "earnings: invoice; payments: name, amount_cents",
               InvoicesBroken())
      .Follows("I16",
               "invoices: number, issue_date; invoice_sequences: name, last_number, "
               "last_issue_date",
               kSeriesBroken)
      .Follows("I3",
               "journal_entries: amount_cents, date; invoices: total_cents, issue_date; "
               "payments: amount_cents, value_date",
               ClaimsUnlikeTheJournal())
      .Follows("I16",
               "reservations: application, cohort, funding_plan, learner, state, "
               "reserved_cents, earned_cents",
               ReservationsBroken())
      .Follows("I16", "presence_postings: name, attendance_sheet, presence_entry, reservation",
               PostingsBroken())
      .Follows("I16", "findings: name, kind, state, subject, funding_agreement, amount_cents",
               FindingsBroken());
  AddClaims(service);
}

}  // namespace vivier::funding
