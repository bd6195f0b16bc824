#include "tests/walls/crowd_rows.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/storage/engines/database.h"
#include "tests/support/macs.h"

namespace vivier::testing {
namespace {

using storage::Access;
using storage::Connection;

// Copies of the row that `seed` finds. `made` are columns, `by` the expressions for them, in the
// number i and the row's own columns; what is neither made nor copied is NULL, so also personal
// data, which is sealed for the row that it stands in.
struct Kind {
  std::string service, table;
  int thousandths;  // of all rows
  std::string seed, made, by, copied;
};

constexpr char kOfCompany[] = "company = 'schools/nancy/companies/98765074400012'";
// A day of one of eighty years.
constexpr char kDay[] = "'20' || (10 + i % 80) || '-0' || (1 + i % 9) || '-1' || (i % 10)";

// Most are in one cohort, at one sheet, of one funder and one company: a list goes by these.
std::vector<Kind> Enrolment() {
  return {
      {"enrolment", "cohorts", 4, "1 = 1", "name, start_date, end_date, state",
       absl::StrCat("'schools/nancy/cohorts/crowd-' || i, ", kDay, ", '2099-01-01', 'FINISHED'"),
       "title, programme_revision, capacity, host_site, host_siret, training_body, "
       "training_body_siret, eligibility_rules"},
      {"enrolment", "learners", 130, "state = 'FINISHED'", "name, candidate, application",
       "cohort || '/learners/crowd-' || i, 'schools/nancy/candidates/crowd-' || i, "
       "cohort || '/applications/crowd-' || i",
       "cohort, hold, state, certification, create_time"},
      {"enrolment", "applications", 130, "1 = 1",
       "name, candidate, channel, state, rank, hold, decided_by",
       "cohort || '/applications/crowd-' || i, 'schools/nancy/candidates/crowd-' || i, "
       "'crowd', 'REJECTED', i, '', ''",
       "cohort, create_time"},
      {"enrolment", "attendance_sheets", 40, "1 = 1", "name, date, state",
       absl::StrCat("cohort || '/attendanceSheets/crowd-' || i, ", kDay,
                    ", CASE i WHEN 1 THEN 'OPEN' ELSE 'SEALED' END"),
       "cohort, half, start_minute, end_minute, place, trainer, trainer_sign_time, revision, "
       "chain_number, chain_hash"},
      // Those of the one sheet that is open can be signed.
      {"enrolment", "presence_entries", 250, "1 = 1",
       "name, attendance_sheet, learner, minutes_present",
       "'schools/nancy/cohorts/ia-2027/attendanceSheets/crowd-1/presenceEntries/crowd-' || i, "
       "'schools/nancy/cohorts/ia-2027/attendanceSheets/crowd-1', "
       "'schools/nancy/cohorts/ia-2027/learners/crowd-' || i, 0",
       "minutes_due, corrections"}};
}

std::vector<Kind> Funding() {
  return {
      {"funding", "earnings", 180, "invoice <> ''", "name, presence_entry, date, invoice",
       absl::StrCat("'schools/nancy/earnings/crowd-' || i, 'schools/nancy/crowd-' || i, ", kDay,
                    ", CASE i % 2 WHEN 0 THEN '' ELSE invoice END"),
       "share, revision, reversal, funding_agreement, reservation, minutes, price_cents, "
       "earned_cents, own_cents, funder"},
      {"funding", "invoices", 20, "1 = 1", "name, number, issue_date",
       absl::StrCat("'schools/nancy/invoices/crowd-' || i, i + 1, ", kDay),
       "funding_agreement, until_date, state, total_cents, paid_cents, line_count, complete, "
       "funder"},
  };
}

std::vector<Kind> Partners() {
  const std::string learner = "'schools/nancy/cohorts/ia-2027/learners/crowd-' || i";
  return {
      {"partners", "hirings", 60, kOfCompany, "name, learner, state",
       absl::StrCat("'schools/nancy/hirings/crowd-' || i, ", learner, ", 'DECLINED'"),
       "cohort, job_offer, company"},
      {"partners", "contracts", 40, kOfCompany, "name, learner, state, end_date",
       absl::StrCat("'schools/nancy/contracts/crowd-' || i, ", learner, ", 'BROKEN', '2099-01-01'"),
       "hiring, cohort, company, kind, start_date, working_minutes, training_minutes, "
       "weekly_minutes, branch_minimum_cents, tutor"},
      {"partners", "job_offers", 30, kOfCompany, "name, state",
       "'schools/nancy/jobOffers/crowd-' || i, 'CLOSED'",
       "company, title, description, rome_code, positions, contract_kind"},
      {"partners", "learners_put_forward", 30, "1 = 1", "name, learner, state",
       absl::StrCat("'schools/nancy/learnersPutForward/crowd-' || i, ", learner, ", 'AVAILABLE'"),
       "cohort"},
      {"partners", "companies", 10, "1 = 1", "name", "'schools/nancy/companies/crowd-' || i",
       "title, legal_category, naf_code, size_band, postal_code"},
      {"partners", "tutors", 10, kOfCompany, "name", "'schools/nancy/tutors/crowd-' || i",
       "company"}};
}

std::vector<Kind> Curriculum() {
  return {
      {"curriculum", "certificates", 60, "1 = 1", "name, learner, result, date",
       absl::StrCat("'schools/nancy/certificates/crowd-' || i, "
                    "'schools/nancy/cohorts/ia-2027/learners/crowd-' || i, 'PARTIAL', ",
                    kDay),
       "cohort, programme_revision, jury_session, block_codes, title, revision_hash, award_time, "
       "signature, public_key"},
      {"curriculum", "jury_sessions", 4, "1 = 1", "name, date",
       absl::StrCat("'schools/nancy/jurySessions/crowd-' || i, ", kDay),
       "cohort, programme_revision, state, decisions"},
      {"curriculum", "programmes", 2, "1 = 1", "name", "'schools/nancy/programmes/crowd-' || i",
       "title, objective, expected_results, content, formacodes, nsf_codes, rome_codes, "
       "certifying, certifications, blocks, pathway, entry_level, exit_level, urls, contact, "
       "training_body, delivery, modules, state, latest_revision, revision_count, findings, "
       "lheo_extras"}};
}

constexpr int kAuditRecords = 20;  // thousandths
constexpr int kRowsOfACommit = 50'000;

// Gives how many rows it touched.
int64_t Execute(Connection& connection, const std::string& sql) {
  EXPECT_EQ(connection.Begin(Access::kWrite), absl::OkStatus());
  const auto result = connection.Query(sql);
  EXPECT_EQ(result.status(), absl::OkStatus()) << sql;
  EXPECT_EQ(connection.Commit(), absl::OkStatus());
  EXPECT_EQ(connection.Maintain(/*idle=*/true), absl::OkStatus());
  return result.ok() ? result->changes : 0;
}

// For i from `first` to `last`.
std::string Numbers(int64_t first, int64_t last) {
  return absl::StrCat("(WITH RECURSIVE numbers (i) AS (SELECT CAST(", first,
                      " AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < ", last,
                      ") SELECT i FROM numbers) AS numbers");
}

int64_t Put(Connection& connection, const Kind& kind, int64_t rows) {
  int64_t put = 0;
  const std::string seed =
      absl::StrCat("(SELECT * FROM ", kind.table, " WHERE school = 'nancy' AND ", kind.seed,
                   " ORDER BY name LIMIT 1) AS seed");
  for (int64_t first = 1; first <= rows; first += kRowsOfACommit)
    put += Execute(connection,
                   absl::StrCat("INSERT INTO ", kind.table, " (school, version, ", kind.made, ", ",
                                kind.copied, ") SELECT school, version, ", kind.by, ", ",
                                kind.copied, " FROM ", seed, ", ",
                                Numbers(first, std::min(rows, first + kRowsOfACommit - 1))));
  EXPECT_EQ(put, rows) << kind.table;
  return put;
}

// They end the trail, so that the next record comes after them.
int64_t PutAuditRecords(Connection& connection, int64_t rows) {
  const int64_t put = Execute(
      connection,
      absl::StrCat("INSERT INTO audit_records (school, number, hash, principal, method, resource, "
                   "request_id, request_hash, reason, create_time, changes) SELECT a.school, "
                   "h.audit_number + i, a.hash, a.principal, a.method, a.resource, a.request_id, "
                   "a.request_hash, a.reason, a.create_time, a.changes FROM audit_records a JOIN "
                   "heads h ON h.school = a.school, ",
                   Numbers(1, rows), " WHERE a.school = 'nancy' AND a.number = 1"));
  Execute(connection, absl::StrCat("UPDATE heads SET audit_number = audit_number + ", rows,
                                   " WHERE school = 'nancy'"));
  return put;
}

std::vector<const storage::Schema*> SchemasOf(const std::string& service) {
  for (const site::Module& module : AllModules())
    if (module.service.name() == service) return module.service.schemas();
  return {};
}

}  // namespace

int64_t PutCrowd(const SchoolData& databases, const security::SchoolKey& key, int64_t total) {
  int64_t put = 0;
  for (const auto& kinds : {Enrolment(), Funding(), Partners(), Curriculum()}) {
    const auto database = storage::Database::Open(databases.Url(kinds[0].service));
    EXPECT_EQ(database.status(), absl::OkStatus());
    const auto connection = (*database)->Connect(Access::kWrite);
    EXPECT_EQ(connection.status(), absl::OkStatus());
    for (const Kind& kind : kinds) {
      const int64_t rows = total * kind.thousandths / 1000;
      put += Put(**connection, kind, rows);
    }
    put += PutAuditRecords(**connection, total * kAuditRecords / 4000);
    EXPECT_EQ(MakeMacs(**connection, SchemasOf(kinds[0].service), "nancy", key), absl::OkStatus());
    // PostgreSQL does so by itself, in its own time.
    if ((*connection)->engine() == storage::Engine::kPostgres) Execute(**connection, "ANALYZE");
  }
  return put;
}

}  // namespace vivier::testing
