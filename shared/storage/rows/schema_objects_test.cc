// What somebody changes by SQL of what surrounds the rows is found and named, on both engines; each
// row of the table is one change, which is rolled back.
#include "shared/storage/rows/schema_objects.h"

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "shared/service/catalogue.h"
#include "tests/support/engines.h"

namespace vivier::storage {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Change {
  const char* what;
  std::vector<std::string> sql;
  std::vector<std::string> told;  // of which each line has to be found
};

const Change kBoth[] = {
    {"an index that is gone", {"DROP INDEX files_by_candidate"}, {"files_by_candidate is gone"}},
    {"a unique index that is none",
     {"DROP INDEX learners_one_active",
      "CREATE INDEX learners_one_active ON learners (school, cohort, candidate) WHERE state = "
      "'IN_TRAINING'"},
     {"learners.learners_one_active is another: CREATE INDEX"}},
    {"an index of nobody's",
     {"CREATE INDEX spy ON learners (school)"},
     {"learners.spy was not made by this program"}},
    {"a table", {"CREATE TABLE spied (row_of TEXT)"}, {"table spied was not made by this program"}},
    {"a table that is gone", {"DROP TABLE file_chunks"}, {"table file_chunks is gone"}},
    {"a view",
     {"CREATE VIEW spied AS SELECT name FROM files"},
     {"view spied was not made by this program"}},
    {"a column more", {"ALTER TABLE files ADD COLUMN spied TEXT"}, {"files"}},
    {"a column less", {"ALTER TABLE files DROP COLUMN display_name"}, {"files"}},
    {"another name of a column", {"ALTER TABLE files RENAME COLUMN display_name TO d"}, {"files"}},
};

const Change kSqlite[] = {
    {"a trigger that copies rows",
     {"CREATE TRIGGER spy AFTER INSERT ON candidates BEGIN INSERT INTO answers SELECT * FROM "
      "answers; END"},
     {"trigger candidates.spy was not made by this program: CREATE TRIGGER spy AFTER INSERT ON "
      "candidates BEGIN INSERT INTO answers"}},
    {"a guard that is gone",
     {"DROP TRIGGER audit_records_no_delete"},
     {"trigger audit_records.audit_records_no_delete is gone"}},
    {"a guard that looks away",
     {"DROP TRIGGER audit_records_no_delete",
      "CREATE TRIGGER audit_records_no_delete BEFORE DELETE ON audit_records WHEN OLD.number > 9 "
      "BEGIN SELECT RAISE(ABORT, 'audit_records_append_only'); END"},
     {"audit_records_no_delete is another: CREATE TRIGGER"}},
    {"a table made anew without its CHECK",
     {"DROP TABLE file_usages",
      "CREATE TABLE file_usages (school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT "
      "NULL, files BIGINT NOT NULL, bytes BIGINT NOT NULL, uploading_bytes BIGINT NOT NULL, mac "
      "BYTEA, PRIMARY KEY (school, name))"},
     {"table file_usages is another"}},
};

const Change kPostgres[] = {
    {"a trigger and its function",
     {"CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM answers; "
      "RETURN NEW; END $$",
      "CREATE TRIGGER spy AFTER INSERT ON candidates FOR EACH ROW EXECUTE FUNCTION spy()"},
     {"trigger candidates.spy was not made by this program: CREATE TRIGGER spy AFTER INSERT",
      "function spy() was not made by this program: plpgsql v BEGIN DELETE FROM answers"}},
    {"a guard that is gone",
     {"DROP TRIGGER audit_records_no_change ON audit_records"},
     {"trigger audit_records.audit_records_no_change is gone"}},
    {"a guard that is switched off",
     {"ALTER TABLE audit_records DISABLE TRIGGER audit_records_no_change"},
     {"audit_records_no_change is another"}},
    {"a guard that looks away",
     {"CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "RETURN NEW; END $$"},
     {"function refuse_change() is another: plpgsql v BEGIN RETURN NEW; END"}},
    {"a rule",
     {"CREATE RULE spy AS ON DELETE TO files DO INSTEAD NOTHING"},
     {"rule files.spy was not made by this program"}},
    {"a CHECK that is gone",
     {"ALTER TABLE file_usages DROP CONSTRAINT usage_is_no_negative"},
     {"constraint file_usages.usage_is_no_negative is gone"}},
    {"a CHECK that holds always",
     {"ALTER TABLE file_usages DROP CONSTRAINT usage_is_no_negative",
      "ALTER TABLE file_usages ADD CONSTRAINT usage_is_no_negative CHECK (true)"},
     {"usage_is_no_negative is another: CHECK (true)"}},
    {"a primary key that is gone",
     {"ALTER TABLE files DROP CONSTRAINT files_pkey"},
     {"constraint files.files_pkey is gone", "index files.files_pkey is gone"}},
    {"a column of another type",
     {"ALTER TABLE files ALTER COLUMN create_time TYPE INTEGER"},
     {"column files.create_time is another: integer"}},
    {"a column that may be NULL",
     {"ALTER TABLE files ALTER COLUMN size DROP NOT NULL"},
     {"column files.size is another: bigint"}},
    {"a default",
     {"ALTER TABLE files ALTER COLUMN size SET DEFAULT 7"},
     {"bigint NOT NULL DEFAULT"}},
    {"a policy",
     {"ALTER TABLE files ENABLE ROW LEVEL SECURITY", "CREATE POLICY spy ON files USING (size > 7)"},
     {"table files is another: rp row security", "policy files.spy was not made by this program"}},
    {"a child, whose rows are read with its parent's",
     {"CREATE TABLE kid () INHERITS (files)"},
     {"child files.kid was not made by this program"}},
    {"a setting by which no trigger acts",
     {"SET LOCAL session_replication_role = replica"},
     {"setting session_replication_role was not made by this program: replica"}},
    {"row security for the owner too",
     {"ALTER TABLE files FORCE ROW LEVEL SECURITY"},
     {"table files is another: rp forced"}},
    {"a table that survives no crash",
     {"ALTER TABLE person_reads SET UNLOGGED"},
     {"table person_reads is another: ru"}},
};

class SchemaObjectsTest : public ::testing::TestWithParam<Engine> {
 protected:
  void Expect(Connection& connection, const SchemaObjects& made, const Change& change) {
    ASSERT_EQ(connection.Begin(Access::kWrite), absl::OkStatus());
    for (const std::string& sql : change.sql)
      ASSERT_EQ(connection.Query(sql).status(), absl::OkStatus()) << change.what;
    const auto found = ReadObjects(connection);
    connection.Rollback();
    ASSERT_TRUE(found.ok()) << found.status();
    const std::string odd = absl::StrJoin(OddObjects(made, *found, false), "\n");
    for (const std::string& told : change.told) EXPECT_THAT(odd, HasSubstr(told)) << change.what;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, SchemaObjectsTest, testing::BothEngines(), testing::EngineName);

TEST_P(SchemaObjectsTest, EachChangeIsToldWithWhatItIs) {
  const auto database = testing::FreshDatabase(GetParam());
  ASSERT_EQ(Migrate(*database, "enrolment"), absl::OkStatus());
  const auto made = MakeObjects(*database, "enrolment", AllMigrations());
  ASSERT_TRUE(made.ok()) << made.status();
  const auto connection = *database->Connect(Access::kWrite);
  for (const Change& change : kBoth) Expect(*connection, *made, change);
  if (GetParam() == Engine::kSqlite)
    for (const Change& change : kSqlite) Expect(*connection, *made, change);
  else
    for (const Change& change : kPostgres) Expect(*connection, *made, change);
}

TEST_P(SchemaObjectsTest, NothingIsToldOfWhatMigrationsMade) {
  for (const std::string& service : rpc::TradeServices()) {
    const auto database = testing::FreshDatabase(GetParam());
    ASSERT_EQ(Migrate(*database, service), absl::OkStatus());
    const absl::Time start = absl::Now();
    const auto first = CheckObjects(*database, service);
    const absl::Time middle = absl::Now();
    const auto second = CheckObjects(*database, service);
    const absl::Time end = absl::Now();
    for (const auto* check : {&first, &second}) {
      ASSERT_TRUE(check->ok()) << check->status();
      EXPECT_THAT((*check)->odd, IsEmpty()) << service;
      EXPECT_EQ((*check)->not_checked, "") << service;
      EXPECT_GT((*check)->checked, 30) << service;
    }
    std::printf(
        "%s: %lld objects, made in %.1f ms, compared in %.1f ms\n", service.c_str(),
        static_cast<long long>(first->checked),
        absl::ToDoubleMilliseconds(middle - start) - absl::ToDoubleMilliseconds(end - middle),
        absl::ToDoubleMilliseconds(end - middle));
  }
}

// A newer program's tables and columns are its own; what acts by itself is told all the same.
TEST_P(SchemaObjectsTest, ANewerSchemaHidesNoTrigger) {
  const SchemaObjects made = {{"table a", "A"}, {"trigger a.guard", "G"}};
  EXPECT_THAT(
      OddObjects(made, {{"table a", "B"}, {"table b", "B"}, {"trigger a.guard", "G"}}, true),
      IsEmpty());
  EXPECT_THAT(OddObjects(made, {{"table a", "A"}, {"trigger a.spy", "S"}}, true),
              ElementsAre("trigger a.spy was not made by this program: S",
                          "trigger a.guard is gone; migrations make it: G"));
  EXPECT_THAT(OddObjects(made, {{"table a", "B"}, {"trigger a.guard", "H"}}, false),
              ElementsAre("trigger a.guard is another: H; migrations make it: G",
                          "table a is another: B; migrations make it: A"));
  const std::vector<std::string> odd =
      OddObjects({}, {{"trigger a.long", std::string(1000, 'x')}}, false);
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_LT(odd[0].size(), 400u);
  const auto database = testing::FreshDatabase(GetParam());
  ASSERT_EQ(Migrate(*database, "enrolment"), absl::OkStatus());
  const auto connection = *database->Connect(Access::kWrite);
  ASSERT_EQ(connection->Begin(Access::kWrite), absl::OkStatus());
  EXPECT_FALSE(*IsNewer(*connection, "enrolment", AllMigrations()));
  ASSERT_EQ(connection
                ->Query("INSERT INTO migrations (owner, file, sha256, applied_at) VALUES "
                        "('enrolment', '999_later.sql', '', 0)")
                .status(),
            absl::OkStatus());
  EXPECT_TRUE(*IsNewer(*connection, "enrolment", AllMigrations()));
}

}  // namespace
}  // namespace vivier::storage
