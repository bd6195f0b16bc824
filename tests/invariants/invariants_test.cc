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

// One value that cannot be read keeps nobody from looking at the rest.
TEST_F(InvariantsTest, GoOnBehindWhatCannotBeRead) {
  Execute(
      "enrolment",
      "UPDATE cohorts SET capacity = 'many'; UPDATE audit_records SET create_time = 'then' "
      "WHERE number = 2; UPDATE learners SET exit_date = '2026-01-01' WHERE name LIKE '%/cleo'");
  std::vector<std::string> lines;
  EXPECT_EQ(Verify(lines), 1);
  const std::string all = absl::StrJoin(lines, "\n");
  EXPECT_THAT(all, ::testing::HasSubstr("cohorts/ai-1: capacity holds no BIGINT"));
  EXPECT_THAT(all, ::testing::HasSubstr("audit_records/2: create_time holds no BIGINT"));
  EXPECT_GT(lines.size(), 40u) << all;
}

// A database that went back alone, and has grown again beyond what its follower knows.
TEST_F(InvariantsTest, AFollowerKnowsAnotherLog) {
  Execute("enrolment", "UPDATE heads SET event_number = event_number + 1");
  Execute("funding", "UPDATE cursors SET hash = x'00' WHERE producer = 'enrolment'");
  std::vector<std::string> lines;
  EXPECT_EQ(Verify(lines), 1);
  EXPECT_THAT(lines, ::testing::Contains(::testing::AllOf(
                         ::testing::StartsWith("I6   funding"),
                         ::testing::HasSubstr("cursors/enrolment: has applied another event"))));
}

// The site would begin its log and its trails anew.
TEST_F(InvariantsTest, NothingStartsWithoutAHead) {
  Execute("funding", "DELETE FROM heads");
  std::vector<std::string> lines;
  EXPECT_EQ(Verify(lines), 1);
  EXPECT_THAT(absl::StrJoin(lines, "\n"), ::testing::HasSubstr("and no head row"));
  std::string output;
  EXPECT_NE(RunToEnd({"serve", "all", "--development", "--data", data_, "--listen_address",
                      "127.0.0.1:0"},
                     &output),
            0);
  EXPECT_THAT(output, ::testing::HasSubstr("restore a backup"));
}

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
  for (int i = 1; i <= 18; ++i) EXPECT_GT(checked[absl::StrCat("I", i)], 0) << "I" << i;
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
     "UPDATE site_years SET cells = replace(cells, '48', '49')", "schools/nancy/totals/all.2026"},
    {"TotalIsNotTheSum", "I11", "statistics", "UPDATE totals SET schools = schools + 1",
     "schools/nancy/totals/all.2026"},
    {"CountedWithoutASubmission", "I11", "statistics", "DELETE FROM submissions",
     "schools/nancy/siteYears/metz"},
    {"AuditRecordIsAnother", "I12", "enrolment",
     "UPDATE audit_records SET principal = 'somebody' WHERE number = 3",
     "audit_records/3: its hash does not follow"},
    {"AuditTrailIsCut", "I12", "enrolment",
     "DELETE FROM audit_records WHERE number = (SELECT MAX(number) FROM audit_records)",
     "heads/nancy"},
    {"ReadingIsAnother", "I12", "enrolment",
     "UPDATE reading_records SET persons = 7 WHERE number = 1",
     "reading_records/1: its hash does not follow"},
    {"ReadingsAreCut", "I12", "enrolment",
     "DELETE FROM person_reads; DELETE FROM reading_records WHERE number = (SELECT MAX(number) "
     "FROM reading_records)",
     "names another end of reading_records"},
    {"ReadingsEndedByNobody", "I12", "enrolment",
     "DELETE FROM person_reads; INSERT INTO ended_readings SELECT school, number, 1, hash, "
     "create_time, NULL FROM reading_records ORDER BY number DESC LIMIT 1; "
     "DELETE FROM reading_records",
     "is the work of no act"},
    {"ChangedByNoAct", "I12", "enrolment", "UPDATE cohorts SET version = version + 1",
     "schools/nancy/cohorts/ai-1: was changed last by no act that names it"},
    {"TextInANumber", "I15", "enrolment", "UPDATE cohorts SET capacity = 'many'",
     "cohorts/schools/nancy/cohorts/ai-1: capacity holds no BIGINT"},
    {"MigrationOfNobody", "I15", "enrolment",
     "INSERT INTO migrations VALUES ('enrolment', '000_x.sql', '', 0, NULL)",
     "migrations/enrolment/000_x.sql: is not as this program applied it"},
    {"MigrationForNewerBinaries", "I15", "enrolment",
     "UPDATE migrations SET needs_binary = 1 WHERE owner = 'enrolment' AND file LIKE '001%'",
     "migrations/enrolment/001_enrolment.sql: is not as this program applied it"},
    {"KeyOfSomebodyElse", "I16", "enrolment",
     "UPDATE candidate_keys SET candidate = 'schools/nancy/candidates/ben' WHERE candidate LIKE "
     "'%/ada'",
     "is no key of what the file of schools/nancy/candidates/ben says"},
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
    {"SealSignedForAnotherRevision", "I12", "enrolment",
     "UPDATE attendance_seals SET revision = revision + 10 WHERE number = 1",
     "attendanceSeals/1: is not signed"},
    {"KeyIsAnother", "I12", "enrolment",
     "UPDATE school_keys SET public_key = replace(public_key, 'MCow', 'MCox')",
     "attendanceSeals/1: is signed by a key that was never the school's"},
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
     "is no key of what the file of schools/nancy/candidates/ada says"},
    {"WrittenAtNoTime", "I16", "enrolment",
     "UPDATE applications SET assess_time = 1 WHERE name LIKE '%/ada'",
     "applications/ada: assess_time is the time of no write in the audit trail"},
    {"RightOfNoMembership", "I16", "access", "UPDATE rights SET role = 'school_director'",
     "schools/nancy/memberships/theo 0: its right is missing, or says something else"},
    {"ChunkIsGone", "I18", "enrolment", "DELETE FROM file_chunks WHERE file LIKE '%/letter'",
     "candidates/ada/files/letter: has more or fewer chunks than bytes"},
    {"ChunkIsAnothers", "I18", "enrolment",
     "UPDATE file_chunks SET data = (SELECT data FROM file_chunks WHERE file LIKE '%/sheet')",
     "candidates/ada/files/letter: its bytes from 0 on are not those that were written"},
    {"ChunkIsCut", "I18", "enrolment",
     "UPDATE file_chunks SET data = CAST(substr(data, 1, length(data) - 1) AS BLOB)",
     "candidates/ada/files/letter: its bytes from 0 on are not those that were written"},
    {"ChunkIsElsewhere", "I18", "enrolment",
     "UPDATE file_chunks SET file = 'schools/nancy/candidates/ada/files/letter'",
     "candidates/ada/files/letter: has more or fewer chunks than bytes"},
    {"FileIsLonger", "I18", "enrolment",
     "UPDATE files SET size = size + 1 WHERE name LIKE '%/letter'",
     "candidates/ada/files/letter: its state does not go with its bytes"},
    {"UploadIsReady", "I18", "enrolment",
     "UPDATE files SET state = 'READY' WHERE name LIKE '%/sheet'",
     "candidates/ben/files/sheet: its state does not go with its bytes"},
    {"FileStaysForEver", "I18", "enrolment",
     "UPDATE files SET expire_time = expire_time + 1 WHERE name LIKE '%/sheet'",
     "candidates/ben/files/sheet: expires at another time than it should"},
    {"UsageIsAnother", "I18", "enrolment", "UPDATE file_usages SET bytes = bytes - 1",
     "schools/nancy/fileUsages/all: is not the sum of the files"},
    {"AnnouncedAreAnother", "I18", "enrolment",
     "UPDATE file_usages SET uploading_bytes = uploading_bytes - 1",
     "schools/nancy/fileUsages/all: is not the sum of the files"},
    {"IndexIsGone", "I19", "enrolment",
     "DROP INDEX learners_one_active; UPDATE heads SET school = school",
     "index learners.learners_one_active is gone"},
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
