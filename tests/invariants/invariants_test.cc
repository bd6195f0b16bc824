// Each invariant of docs/invariants.md is broken with plain SQL in a stopped database, as no
// service could; then the real executable has to find it, name the invariant and the row, and exit
// with 1.
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/storage/engines/sqlite_vfs.h"
#include "tests/invariants/school.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;

struct Break {
  std::string name, invariant, service;
  std::string sql;
  std::string row;  // what verify has to name
};

void PrintTo(const Break& row, std::ostream* out) { *out << row.name; }

// The truth, built once; each test takes a copy.
const std::string& TrueData() {
  static const std::string& data = *[] {
    World world(storage::Engine::kSqlite);
    School school(world);
    school.Build();
    school.Bill();
    world.ExpectInvariants();
    world.Stop();
    std::string copy = (fs::temp_directory_path() / "vivier-truth-XXXXXX").string();
    EXPECT_NE(mkdtemp(copy.data()), nullptr);
    for (const char* folder : {"db", "keys"})
      fs::copy(world.data() + "/" + folder, copy + "/" + folder);
    return new std::string(copy);
  }();
  return data;
}

class Truth : public ::testing::Environment {
 public:
  void TearDown() override { fs::remove_all(TrueData()); }
};
const auto* const kTruth = ::testing::AddGlobalTestEnvironment(new Truth);

class InvariantsTest : public ::testing::Test {
 protected:
  InvariantsTest() : data_((fs::temp_directory_path() / "vivier-broken-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(data_.data()), nullptr);
    fs::copy(TrueData(), data_, fs::copy_options::recursive);
  }
  ~InvariantsTest() override { fs::remove_all(data_); }

  // Constraints and triggers stand in the way of what is to be found: they are set aside first.
  void Execute(const std::string& service, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open_v2((data_ + "/db/" + service + ".db").c_str(), &database,
                              SQLITE_OPEN_READWRITE, storage::VivierVfs()),
              SQLITE_OK);
    sqlite3_exec(database, "PRAGMA ignore_check_constraints = ON", nullptr, nullptr, nullptr);
    for (const char* table :
         {"events", "audit_records", "journal_entries", "attendance_seals", "presence_corrections"})
      for (const char* change : {"update", "delete"})
        sqlite3_exec(database,
                     absl::StrCat("DROP TRIGGER IF EXISTS ", table, "_no_", change).c_str(),
                     nullptr, nullptr, nullptr);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    EXPECT_GT(sqlite3_total_changes(database), 0) << "the test breaks nothing";
    sqlite3_close(database);
  }

  // The lines that verify prints, and its exit status.
  int Verify(std::vector<std::string>& lines) {
    std::string output;
    const int status = RunToEnd({"verify", "--data", data_}, &output);
    lines = absl::StrSplit(output, '\n', absl::SkipWhitespace());
    return status;
  }

  std::string data_;
};

TEST_F(InvariantsTest, HoldInTheTruth) {
  std::vector<std::string> lines;
  EXPECT_EQ(Verify(lines), 0) << ::testing::PrintToString(lines);
  std::map<std::string, int64_t> checked;
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    ASSERT_GE(words.size(), 6u) << line;
    checked[words[0]] += std::stoll(words[2]);
    EXPECT_EQ(words[4], "0") << line;
  }
  for (int i = 1; i <= 17; ++i) EXPECT_GT(checked[absl::StrCat("I", i)], 0) << "I" << i;
}

// Checks a file of evidence with Python and OpenSSL alone; what it prints.
std::string CheckEvidence(const std::string& file, int& status) {
  const char* source = std::getenv("VIVIER_SOURCE");
  const std::string script =
      absl::StrCat(source == nullptr ? "." : source, "/deploy/check-evidence");
  std::string output;
  status = RunToEnd({script, file}, &output, absl::Minutes(1), "/usr/bin/python3");
  return output;
}

// Every byte of the evidence counts, and no seal can be left out but at the end.
TEST_F(InvariantsTest, EvidenceIsCheckedWithoutTheProgram) {
  const std::string file = data_ + "/seals.jsonl";
  std::string written;
  ASSERT_EQ(RunToEnd({"evidence", "schools/nancy/cohorts/ai-1", file, "--data", data_}, &written),
            0)
      << written;
  int status = -1;
  EXPECT_THAT(CheckEvidence(file, status),
              ::testing::HasSubstr(" seals of schools/nancy/cohorts/"));
  EXPECT_EQ(status, 0);
  std::ifstream in(file);
  std::vector<std::string> seals;
  for (std::string line; std::getline(in, line);) seals.push_back(line);
  ASSERT_GE(seals.size(), 2u);
  std::vector<std::vector<std::string>> forged = {{}, {seals[1], seals[0]}};
  forged.push_back({seals.begin() + 1, seals.end()});
  for (const auto& [text, other] : std::vector<std::pair<std::string, std::string>>{
           {"minutes 2", "minutes 3"},
           {"\"hash\":\"", "\"hash\":\"0"},
           {"\"number\":\"1\"", "\"number\":\"2\""},
           {"\"signature\":\"", "\"signature\":\"AAAA"}}) {
    forged.push_back(seals);
    const size_t at = forged.back()[0].find(text);
    ASSERT_NE(at, std::string::npos) << text << " " << seals[0];
    forged.back()[0].replace(at, text.size(), other);
  }
  for (const std::vector<std::string>& lines : forged) {
    std::ofstream(file) << absl::StrJoin(lines, "\n");
    const std::string output = CheckEvidence(file, status);
    EXPECT_EQ(status, 1) << output << absl::StrJoin(lines, "\n");
  }
}

// PostgreSQL says the same: its SQL texts are these.
TEST(InvariantsOnPostgresTest, HoldInTheTruth) {
  World world(storage::Engine::kPostgres);
  School school(world);
  school.Build();
  school.Bill();
  world.ExpectInvariants();
}

class BreakTest : public InvariantsTest, public ::testing::WithParamInterface<Break> {};

TEST_P(BreakTest, IsFound) {
  const Break& broken = GetParam();
  Execute(broken.service, broken.sql);
  std::vector<std::string> lines;
  EXPECT_EQ(Verify(lines), 1);
  const std::string start = absl::StrCat(broken.invariant, " ");
  EXPECT_THAT(lines, ::testing::Contains(::testing::AllOf(
                         ::testing::StartsWith(start), ::testing::HasSubstr(broken.row),
                         ::testing::Not(::testing::HasSubstr(" 0 broken")))));
}

const std::string kSeats = "schools/nancy/cohorts/ai-1/seats";
const std::string kApplications = "schools/nancy/cohorts/ai-1/applications/";
const std::string kBalance = "schools/nancy/fundingAgreements/prf/balance";

const Break kBreaks[] = {
    {"CounterAboveItsRows", "I1", "enrolment", "UPDATE cohort_seats SET taken = taken + 1", kSeats},
    {"RowWithoutItsCounter", "I1", "enrolment",
     "UPDATE applications SET state = 'DECLINED' WHERE name LIKE '%/ada'", kSeats},
    {"MoreSeatsThanCapacity", "I1", "enrolment", "UPDATE cohort_seats SET capacity = 1", kSeats},
    {"TwoActiveLearners", "I2", "enrolment",
     "DROP INDEX learners_one_active; UPDATE learners SET state = 'IN_TRAINING', candidate = "
     "'schools/nancy/candidates/ada'",
     "schools/nancy/candidates/ada: more than one active learner"},
    {"TwoSeats", "I2", "enrolment",
     "DROP INDEX applications_by_person; CREATE INDEX applications_by_person ON applications "
     "(school, cohort, candidate, name); UPDATE applications SET candidate = "
     "'schools/nancy/candidates/ada'",
     "schools/nancy/candidates/ada: more than one seat"},
    {"NothingIsMoved", "I3", "funding",
     "UPDATE journal_entries SET amount_cents = 0 WHERE name LIKE '%/c.prf.1.1'",
     "schools/nancy/journalEntries/c.prf.1.1: is no transfer"},
    {"FromAnAccountToItself", "I3", "funding",
     "UPDATE journal_entries SET debit_account = credit_account WHERE name LIKE '%/c.prf.1.1'",
     "schools/nancy/journalEntries/c.prf.1.1: is no transfer"},
    {"CounterIsNotTheJournals", "I4", "funding",
     "UPDATE agreement_balances SET reserved_cents = reserved_cents + 1", kBalance},
    {"JournalEntryIsGone", "I4", "funding",
     "DELETE FROM journal_entries WHERE name = (SELECT name FROM journal_entries WHERE kind = "
     "'EARN' LIMIT 1)",
     kBalance},
    {"MoreCommittedThanTheCeiling", "I4", "funding",
     "UPDATE agreement_balances SET ceiling_cents = 1; UPDATE journal_entries SET amount_cents = "
     "1 WHERE name LIKE "
     "'%/c.prf.1.1'",
     kBalance},
    {"EarnedTwice", "I5", "funding",
     "INSERT INTO earnings SELECT school, name || '-again', version, presence_entry, share, "
     "revision + 1, reversal, "
     "funding_agreement, reservation, date, minutes, price_cents, 0, price_cents, invoice, "
     "NULL, funder FROM earnings "
     "WHERE presence_entry LIKE '%2026-09-07-pm/presenceEntries/ada'",
     "2026-09-07-pm.ada"},
    {"PartsDoNotMakeThePrice", "I5", "funding",
     "UPDATE earnings SET price_cents = price_cents + 1 WHERE presence_entry LIKE "
     "'%2026-09-07-pm/presenceEntries/ada'",
     "parts do not make the price"},
    {"EarningIsGone", "I5", "funding",
     "DELETE FROM earnings WHERE presence_entry LIKE '%2026-09-07-pm/presenceEntries/ada'", "I5"},
    {"EarnedWithoutADelivery", "I5", "funding",
     "DELETE FROM presence_postings WHERE presence_entry LIKE "
     "'%2026-09-07-pm/presenceEntries/ada'",
     "earned and not delivered"},
    {"CursorBeyondTheLog", "I6", "funding",
     "UPDATE cursors SET number = number + 1 WHERE producer = 'enrolment'", "cursors/enrolment"},
    {"CursorBehindWhatWasApplied", "I6", "funding", "DELETE FROM cursors", "is behind event "},
    {"ParkedEvent", "I6", "enrolment",
     "INSERT INTO parked_events VALUES ('nancy', 'funding', 1, x'00', 'type', 'subject', 'no "
     "such seat', 0, NULL)",
     "parked_events/funding/1: an event is parked: no such seat"},
    {"EventIsGone", "I6", "enrolment", "DELETE FROM events WHERE number = 2",
     "events/3: the number before it is missing"},
    {"EventIsAnother", "I6", "enrolment", "UPDATE events SET subject = 'somebody' WHERE number = 2",
     "events/2: its hash does not follow"},
    {"LogIsCut", "I6", "enrolment",
     "DELETE FROM events WHERE number = (SELECT MAX(number) FROM events)",
     "heads/nancy: names another end of events"},
    {"AdmittedWithoutMoney", "I7", "funding",
     "UPDATE reservations SET state = 'RELEASED', reserved_cents = 0 WHERE application LIKE "
     "'%/ada'",
     kApplications + "ada"},
    {"MoneyWithoutAdmission", "I7", "enrolment",
     "UPDATE applications SET state = 'WITHDRAWN' WHERE name LIKE '%/ada'", kApplications + "ada"},
    {"MoneyForAnother", "I7", "funding",
     "UPDATE reservations SET application = replace(application, 'ada', 'eve')",
     kApplications + "eve"},
    {"AllReservationsAreGone", "I7", "funding", "DELETE FROM reservations",
     "only enrolment knows it"},
    {"AnswerWithoutItsWrite", "I8", "enrolment",
     "UPDATE answers SET request_id = '00000000-0000-4000-8000-000000000000' WHERE request_id = "
     "(SELECT request_id FROM audit_records WHERE number = 1)",
     "answers/00000000-0000-4000-8000-000000000000"},
    {"OneRequestTwoWrites", "I9", "enrolment",
     "UPDATE audit_records SET request_id = '00000000-0000-4000-8000-000000000000' WHERE number "
     "IN (1, 2)",
     "audit_records/00000000-0000-4000-8000-000000000000"},
    {"VersionThatNoWriteGave", "I10", "enrolment", "UPDATE cohorts SET version = 0",
     "schools/nancy/cohorts/ai-1"},
    {"CellIsNoRecount", "I11", "statistics",
     "UPDATE cells SET count = count + 1 WHERE name LIKE '%/learners.ai-1.in-training'",
     "schools/nancy/cells/learners.ai-1.in-training: counts 3, its facts say 2"},
    {"CellIsGone", "I11", "statistics", "DELETE FROM cells WHERE table_id = 'minutes'",
     "schools/nancy/cells/minutes.ai-1"},
    {"FigureIsNotTheAccepted", "I11", "statistics",
     "UPDATE site_years SET cells = replace(cells, '48', '49')", "schools/nancy/submissions/metz"},
    {"CountedWithoutASubmission", "I11", "statistics", "DELETE FROM submissions",
     "schools/nancy/siteYears/metz"},
    {"AuditRecordIsAnother", "I12", "enrolment",
     "UPDATE audit_records SET principal = 'somebody' WHERE number = 3",
     "audit_records/3: its hash does not follow"},
    {"AuditTrailIsCut", "I12", "enrolment",
     "DELETE FROM audit_records WHERE number = (SELECT MAX(number) FROM audit_records)",
     "heads/nancy"},
    {"SealedPresenceIsAnother", "I12", "enrolment",
     "UPDATE attendance_seals SET content = replace(content, '210', '211') WHERE number = 2",
     "schools/nancy/cohorts/ai-1/attendanceSeals/2"},
    {"LastSealIsGone", "I12", "enrolment",
     "DELETE FROM attendance_seals WHERE number = (SELECT MAX(number) FROM attendance_seals)",
     "schools/nancy/cohorts/ai-1/attendanceSheets/2026-09-07-am: has not as many seals as "
     "revisions"},
    {"PresenceChangedAfterItsSeal", "I12", "enrolment",
     "UPDATE presence_entries SET minutes_present = 200 WHERE name LIKE "
     "'%2026-09-07-pm/presenceEntries/ada'",
     "attendanceSheets/2026-09-07-pm: is not what seal 2 says"},
    {"PresenceCorrectedWithoutACorrection", "I12", "enrolment", "DELETE FROM presence_corrections",
     "counts other corrections than there are"},
    {"SheetSaysAnotherState", "I12", "enrolment",
     "UPDATE attendance_sheets SET state = 'CORRECTING' WHERE name LIKE '%2026-09-07-pm'",
     "2026-09-07-pm: its state is not that of its seals and corrections"},
    {"SealedBySomebodyElse", "I12", "enrolment",
     "UPDATE attendance_seals SET sealed_by = 'somebody' WHERE number = 1",
     "attendanceSeals/1: is by nobody who sealed then"},
    {"FirstReadAtAnotherTime", "I12", "enrolment",
     "UPDATE person_reads SET first_time = first_time + 1", "person_reads/"},
    {"InvoiceHasAnotherTotal", "I16", "funding",
     "UPDATE invoices SET total_cents = total_cents + 1",
     "schools/nancy/invoices/one: its total or lines are not those of its earnings"},
    {"InvoiceLosesALine", "I16", "funding",
     "UPDATE earnings SET invoice = '' WHERE name = (SELECT MIN(name) FROM earnings WHERE invoice "
     "<> '')",
     "schools/nancy/invoices/one: its total or lines are not those of its earnings"},
    {"NumberIsSkipped", "I16", "funding", "UPDATE invoices SET number = 2",
     "invoiceSequences/2026: numbers of the year have a gap"},
    {"PaymentIsAnother", "I16", "funding", "UPDATE payments SET amount_cents = amount_cents - 1",
     "schools/nancy/invoices/one: paid, or its state, is not that of its payments"},
    {"CeilingIsNotItsBalances", "I4", "funding",
     "UPDATE funding_agreements SET ceiling_cents = ceiling_cents + 1",
     "schools/nancy/fundingAgreements/prf: its balance is missing, or has another ceiling"},
    {"SeatDeliveredMore", "I16", "funding",
     "UPDATE funded_seats SET minutes = minutes + 1 WHERE seat = 1",
     "fundedSeats/1: has not delivered what was posted on it"},
    {"SeatIsNotFree", "I16", "funding", "UPDATE seat_uses SET free_seats = NULL",
     "seatUse: counts other seats as opened or free than there are"},
    {"JournalSaysAnotherKind", "I3", "funding",
     "UPDATE journal_entries SET kind = 'RELEASE' WHERE name LIKE '%/c.prf.1.1'",
     "c.prf.1.1: its kind, accounts and name do not go together"},
    {"CohortRunsUnstarted", "I16", "enrolment",
     "DELETE FROM sweeps; UPDATE cohorts SET state = 'OPEN'",
     "schools/nancy/cohorts/ai-1: its state is not what was done to it"},
    {"CapacityIsNotItsSeats", "I1", "enrolment", "UPDATE cohorts SET capacity = 4",
     "schools/nancy/cohorts/ai-1/seats: is missing, or has another capacity than the cohort"},
    {"LearnerFinishedEarly", "I16", "enrolment",
     "UPDATE learners SET state = 'FINISHED' WHERE name LIKE '%/ada'",
     "learners/ada: its state is not that of its application and cohort"},
    {"LeftOnAnotherDay", "I16", "enrolment",
     "UPDATE learners SET exit_date = '2026-01-01' WHERE name LIKE '%/cleo'",
     "learners/cleo: by the log left on another day, or why"},
    {"TwoHaveOneRank", "I16", "enrolment", "UPDATE applications SET rank = 1", "shares its rank"},
    {"ApplicationOfNobody", "I16", "enrolment",
     "UPDATE applications SET candidate = 'schools/nancy/candidates/eve' WHERE name LIKE '%/ada'",
     "applications/ada: is not what was submitted"},
    {"PartnershipOfNobody", "I16", "partners",
     "INSERT INTO partnerships (school, name, version, company, kind, start_date) VALUES ('nancy', "
     "'schools/nancy/partnerships/p', 1, 'schools/nancy/companies/gone', 'HOST', '2026-01-01')",
     "partnerships/p: company names no row of companies"},
    {"NobodyHasAKey", "I16", "enrolment", "DELETE FROM person_keys WHERE person LIKE '%/ada'",
     "candidates/ada: its person has no key"},
    {"WrittenAtNoTime", "I16", "enrolment",
     "UPDATE applications SET assess_time = 1 WHERE name LIKE '%/ada'",
     "applications/ada: assess_time is the time of no write in the audit trail"},
    {"RightOfNoMembership", "I16", "access", "UPDATE rights SET role = 'school_director'",
     "schools/nancy/memberships/theo 0: its right is missing, or says something else"},
    {"RightElsewhere", "I17", "funding",
     "UPDATE rights SET role = 'school_director' WHERE membership LIKE '%/theo'",
     "rights/schools/nancy/memberships/theo/0: access says"},
    {"SheetCountedOtherwise", "I17", "statistics",
     "UPDATE sheet_facts SET minutes_present = minutes_present + 1",
     "ai-1.2026-09-07-am: enrolment says"},
    {"HalfDayDeliveredElsewhere", "I17", "funding",
     "UPDATE presence_postings SET minutes = minutes + 1 WHERE name LIKE '%2026-09-07-pm.ada'",
     "schools/nancy/cohorts/ai-1: enrolment says"},
    {"SeatFundedElsewhere", "I17", "statistics",
     "UPDATE seat_facts SET funded = 0 WHERE released = 0", "only funding knows it, as ai-1"},
    {"TimeZoneIsAnother", "I13", "funding", "UPDATE time_zones SET time_zone = 'UTC'",
     "time_zones/0001-01-01: access says Europe/Paris, funding says UTC"},
    {"TimeZoneIsGone", "I13", "partners", "DELETE FROM time_zones",
     "time_zones/0001-01-01: partners does not know it, access says Europe/Paris"},
    {"TimeZoneOfNobody", "I13", "statistics",
     "INSERT INTO time_zones VALUES ('nancy', '2026-10-01', 'UTC', NULL)",
     "time_zones/2026-10-01: only statistics knows it, as UTC"},
    {"AnnouncedTimeZoneIsAnother", "I13", "access", "UPDATE dated_time_zones SET time_zone = 'UTC'",
     "schools/nancy/datedTimeZones/0001-01-01: access does not count the days in UTC"},
    {"TimeZoneWasNotAnnounced", "I13", "access", "DELETE FROM dated_time_zones",
     "time_zones/0001-01-01: Europe/Paris was not announced"},
    {"MembershipIsNotFound", "I14", "access", "DELETE FROM membership_roles",
     "schools/nancy/memberships/theo: membership_roles does not find it by trainer"},
    {"NobodyIsFound", "I14", "access",
     "INSERT INTO invitation_roles VALUES ('nancy', 'trainer', 'schools/nancy/invitations/eve')",
     "schools/nancy/invitations/eve: invitation_roles finds it by trainer, which its row does not "
     "say"},
    {"PlanSaysAnother", "I14", "funding",
     "UPDATE funding_plans SET shares = replace(shares, '/prf', '/cpf')",
     "schools/nancy/fundingPlans/ai-1: funding_plan_shares does not find it by "
     "schools/nancy/fundingAgreements/cpf"},
    {"ReservationIsFoundByAnother", "I14", "funding",
     "INSERT INTO reservation_shares SELECT school, replace(funding_agreement, '/prf', '/cpf'), "
     "name FROM reservation_shares",
     "reservation_shares finds it by schools/nancy/fundingAgreements/cpf, which its row does not "
     "say"},
};

INSTANTIATE_TEST_SUITE_P(, BreakTest, ::testing::ValuesIn(kBreaks),
                         [](const auto& info) { return info.param.invariant + info.param.name; });

}  // namespace
}  // namespace vivier::testing
