// Migrations are one text for both engines, applied once, in order, by however many processes start
// at once.
#include <thread>

#include "shared/base/error.h"
#include "shared/storage/engines/migrate.h"
#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<Migration>& Two() {
  static const std::vector<Migration> two = {
      {"enrolment", "002_seats.sql",
       "ALTER TABLE cohorts ADD COLUMN seats BIGINT NOT NULL DEFAULT 0;"},
      {"enrolment", "001_cohorts.sql",
       "-- Cohorts; a semicolon in a comment\nCREATE TABLE cohorts (name TEXT NOT NULL PRIMARY "
       "KEY, photo BYTEA);"},
      {"funding", "001_funders.sql", "CREATE TABLE funders (name TEXT NOT NULL PRIMARY KEY);"},
      {"storage", "001_head.sql", "CREATE TABLE head (number BIGINT NOT NULL);"}};
  return two;
}

class MigrationsTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    writer_.reset();  // the migrator needs the writer's place
  }
  std::vector<Row> Applied() {
    writer_ = Connect(Access::kWrite);
    std::vector<Row> rows =
        Do("SELECT owner, file, sha256, applied_at FROM migrations ORDER BY owner, file").rows;
    writer_.reset();
    return rows;
  }
  std::vector<Column> ColumnsOf(const std::string& table) {
    const auto reader = Connect(Access::kRead);
    EXPECT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    auto columns = Columns(*reader, table);
    EXPECT_TRUE(columns.ok()) << columns.status();
    reader->Rollback();
    return columns.ok() ? *std::move(columns) : std::vector<Column>();
  }
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(MigrationsTest)

// One text, two engines: the house first, then the service, by file name; other services not at
// all.
TEST_P(MigrationsTest, AppliesHouseThenService) {
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  EXPECT_EQ(Applied().size(), 3u);
  EXPECT_THAT(ColumnsOf("funders"), IsEmpty());
  EXPECT_EQ(ColumnsOf("head").size(), 1u);
}
TEST_P(MigrationsTest, TwiceChangesNothing) {
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  const std::vector<Row> before = Applied();
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  EXPECT_EQ(Applied(), before);
}
TEST_P(MigrationsTest, ChangedFileIsRefused) {
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  std::vector<Migration> changed = Two();
  changed[1].sql += "\n-- later thought";
  const absl::Status status = Migrate(*database_, "enrolment", changed);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              HasSubstr("enrolment/001_cohorts.sql changed after it was applied"));
  EXPECT_EQ(Pending(*database_, "enrolment", changed).status().code(),
            absl::StatusCode::kFailedPrecondition);
}
// DDL is transactional on both: a file that fails half way leaves nothing.
TEST_P(MigrationsTest, FailedFileLeavesNothing) {
  const std::vector<Migration> broken = {
      {"storage", "001_a.sql", "CREATE TABLE a (id BIGINT); CREATE TABLE nonsense ("}};
  const absl::Status status = Migrate(*database_, "enrolment", broken);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("storage/001_a.sql"));
  EXPECT_THAT(ColumnsOf("a"), IsEmpty());
}
// What was applied before the failure stays, and the next start goes on from there.
TEST_P(MigrationsTest, GoesOnAfterAFailure) {
  std::vector<Migration> migrations = Two();
  migrations[0].sql = "ALTER TABLE nosuchtable ADD COLUMN a TEXT;";
  EXPECT_EQ(Migrate(*database_, "enrolment", migrations).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  EXPECT_EQ(Applied().size(), 3u);
}
TEST_P(MigrationsTest, PendingNamesWhatIsMissing) {
  EXPECT_THAT(
      *Pending(*database_, "enrolment", Two()),
      ElementsAre("storage/001_head.sql", "enrolment/001_cohorts.sql", "enrolment/002_seats.sql"));
  EXPECT_EQ(Migrate(*database_, "funding", Two()), absl::OkStatus());
  EXPECT_THAT(*Pending(*database_, "enrolment", Two()),
              ElementsAre("enrolment/001_cohorts.sql", "enrolment/002_seats.sql"));
  EXPECT_THAT(*Pending(*database_, "funding", Two()), IsEmpty());
}
// PostgreSQL's replicas start together; on SQLite the second process is told that it is not alone.
// Yesterday's binary runs on tomorrow's schema, up to the migration that takes away what it needs.
TEST_P(MigrationsTest, ABinaryThatIsTooOldIsRefused) {
  std::vector<Migration> later = Two();
  later.push_back({"enrolment", "003_expand.sql", "CREATE TABLE fresh (id BIGINT PRIMARY KEY);"});
  ASSERT_EQ(Migrate(*database_, "enrolment", later), absl::OkStatus());
  EXPECT_TRUE(Pending(*database_, "enrolment", Two()).ok());
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  later.push_back({"enrolment", "004_contract.sql", "-- needs-binary: 003\nDROP TABLE fresh;"});
  ASSERT_EQ(Migrate(*database_, "enrolment", later), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Pending(*database_, "enrolment", Two()).status()), "BINARY_TOO_OLD");
  EXPECT_EQ(ReasonOf(Migrate(*database_, "enrolment", Two())), "BINARY_TOO_OLD");
  later.pop_back();  // the binary before it knows what it is asked for
  EXPECT_TRUE(Pending(*database_, "enrolment", later).ok());
  EXPECT_EQ(Migrate(*database_, "enrolment", later), absl::OkStatus());
}

TEST_P(MigrationsTest, TwoMigratorsAtOnce) {
  std::vector<absl::Status> statuses(4);
  std::vector<std::thread> threads;
  for (absl::Status& status : statuses)
    threads.emplace_back([this, &status] {
      const auto database = *Database::Open(url_);
      status = Migrate(*database, "enrolment", Two());
    });
  database_.reset();
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses)
    EXPECT_TRUE(status.ok() || (GetParam() == Engine::kSqlite && absl::IsUnavailable(status)))
        << status;
  Reopen();
  writer_.reset();
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  EXPECT_EQ(Applied().size(), 3u);
}
// Types are spelled alike, though PostgreSQL's catalogue writes them in lower case.
TEST_P(MigrationsTest, ColumnsTellTypesNullsAndDefaults) {
  EXPECT_EQ(Migrate(*database_, "enrolment", Two()), absl::OkStatus());
  EXPECT_THAT(ColumnsOf("cohorts"), ElementsAre(Column{"name", "TEXT", false, false},
                                                Column{"photo", "BYTEA", true, false},
                                                Column{"seats", "BIGINT", false, true}));
}
TEST_P(MigrationsTest, IndexesTellTheirColumns) {
  writer_ = Connect(Access::kWrite);
  Script(
      "CREATE INDEX plain ON things (school, name, id);"
      "CREATE UNIQUE INDEX once ON things (school, amount);"
      "CREATE INDEX those ON things (school, name) WHERE amount > 0;"
      "CREATE INDEX years ON things (school, substr(name, 1, 4));");
  ASSERT_EQ(writer_->Begin(Access::kRead), absl::OkStatus());
  const auto indexes = Indexes(*writer_, "things");
  ASSERT_TRUE(indexes.ok()) << indexes.status();
  EXPECT_THAT(*indexes,
              ::testing::UnorderedElementsAre(Index{{"school", "id"}, true, false},
                                              Index{{"school", "name", "id"}, false, false},
                                              Index{{"school", "amount"}, true, false},
                                              Index{{"school", "name"}, false, true},
                                              Index{{"school", ""}, false, false}));
  EXPECT_THAT(*Indexes(*writer_, "nosuchtable"), IsEmpty());
}

TEST_P(MigrationsTest, ColumnsOfNoTable) { EXPECT_THAT(ColumnsOf("nosuchtable"), IsEmpty()); }
// Another schema of the same server may have a table of the same name.
TEST_P(MigrationsTest, ColumnsOfThisSchemaOnly) {
  const auto other = testing::FreshDatabase(GetParam());
  EXPECT_EQ(Migrate(*other, "enrolment", Two()), absl::OkStatus());
  EXPECT_THAT(ColumnsOf("cohorts"), IsEmpty());
}

}  // namespace
}  // namespace vivier::storage
