// What the schema forbids, both engines refuse with the same code and the same name, and never
// print a value.
#include "shared/storage/engines/migrate.h"
#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

constexpr char kSecret[] = "Ada Lovelace";

class ConstraintsTest : public StorageTest {
 protected:
  void Expect(const std::string& sql, absl::StatusCode code, const std::string& constraint,
              const std::vector<Value>& parameters = {}) {
    const absl::Status status = Error(sql, parameters);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(status.message(), "constraint " + constraint);
  }
  void MakeJournal() {
    writer_.reset();
    const Migration migrations[] = {
        {"storage", "001_journal.sql",
         "CREATE TABLE journal (id BIGINT NOT NULL PRIMARY KEY);\n-- append-only: journal\n"}};
    EXPECT_EQ(Migrate(*database_, "enrolment", migrations), absl::OkStatus());
    writer_ = Connect(Access::kWrite);
    Do("INSERT INTO journal (id) VALUES (1)");
  }
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(ConstraintsTest)

constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

// SQLite names the columns, PostgreSQL the key; PostgreSQL's detail prints the values.
TEST_P(ConstraintsTest, PrimaryKeyIsNamed) {
  AddCommitted(1);
  Expect("INSERT INTO things (school, id) VALUES ('nancy', 1)", kExists, "things_pkey");
}
TEST_P(ConstraintsTest, PrimaryKeyOfOneColumn) {
  Script(
      "CREATE TABLE single (id TEXT NOT NULL PRIMARY KEY); INSERT INTO single (id) VALUES ('a');");
  Expect("INSERT INTO single (id) VALUES ('a')", kExists, "single_pkey");
}
// SQLite has made an index of its own for it.
TEST_P(ConstraintsTest, UniqueColumnsAreNamed) {
  Script(
      "CREATE TABLE pairs (a BIGINT, b TEXT, UNIQUE (a, b)); INSERT INTO pairs (a, b) VALUES (1, "
      "'x');");
  Expect("INSERT INTO pairs (a, b) VALUES (1, 'x')", kExists, "pairs_a_b_key");
}
TEST_P(ConstraintsTest, UniqueIndexIsNamed) {
  Script("CREATE UNIQUE INDEX one_name ON things (name);");
  AddCommitted(1, kSecret);
  Expect("INSERT INTO things (school, id, name) VALUES ('x', 2, $1)", kExists, "one_name",
         {kSecret});
}
// An index over an expression has no columns to name.
TEST_P(ConstraintsTest, ExpressionIndexIsNamed) {
  Script("CREATE UNIQUE INDEX one_sum ON things ((id + amount));");
  AddCommitted(1);
  Expect("INSERT INTO things (school, id) VALUES ('x', 1)", kExists, "one_sum");
}
// PostgreSQL's message has "Key (name)=(…)".
TEST_P(ConstraintsTest, ErrorsNeverPrintValues) {
  Script(
      "CREATE UNIQUE INDEX one_name ON things (name); ALTER TABLE things ADD COLUMN size BIGINT "
      "CONSTRAINT small CHECK "
      "(size < 9);");
  AddCommitted(1, kSecret);
  const absl::Status statuses[] = {
      Error("INSERT INTO things (school, id, name) VALUES ('x', 2, $1)", {kSecret}),
      Error("INSERT INTO things (school, id, name, size) VALUES ('x', 2, $1, 10)",
            {"Ada Lovelace, again"}),
      Error("INSERT INTO things (school, id, name) VALUES (NULL, 2, $1)", {"Ada Lovelace, again"}),
      Error("SELECT CAST(name AS BIGINT) + $1 + nosuch FROM things", {int64_t{1}})};
  for (const absl::Status& status : statuses) {
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.ToString(), ::testing::Not(::testing::HasSubstr("Ada")));
  }
}
// Partial unique indexes are written alike: one active row per name.
TEST_P(ConstraintsTest, PartialUniqueIndexGuardsItsRowsOnly) {
  Script("CREATE UNIQUE INDEX one_active ON things (school, name) WHERE amount > 0;");
  Do("INSERT INTO things (school, id, name, amount) VALUES ('a', 1, 'x', 0), ('a', 2, 'x', 0), "
     "('a', 3, 'x', 1)");
  Expect("INSERT INTO things (school, id, name, amount) VALUES ('a', 4, 'x', 1)", kExists,
         "one_active");
}
// A partial index can be the target of an upsert.
TEST_P(ConstraintsTest, UpsertOnPartialIndex) {
  Script("CREATE UNIQUE INDEX one_active ON things (school, name) WHERE amount > 0;");
  const std::string sql =
      "INSERT INTO things (school, id, name, amount) VALUES ('a', $1, 'x', 1)"
      " ON CONFLICT (school, name) WHERE amount > 0 DO NOTHING";
  EXPECT_EQ(Do(sql, {int64_t{1}}).changes, 1);
  EXPECT_EQ(Do(sql, {int64_t{2}}).changes, 0);
}
// Two NULLs are not equal in a unique index of either.
TEST_P(ConstraintsTest, UniqueIndexAllowsManyNulls) {
  Script("CREATE UNIQUE INDEX one_name ON things (name);");
  AddCommitted(1);
  AddCommitted(2);
  EXPECT_EQ(Things(), 2);
}
TEST_P(ConstraintsTest, CheckIsNamed) {
  Script("CREATE TABLE seats (held BIGINT NOT NULL, CONSTRAINT seats_within CHECK (held <= 2));");
  Expect("INSERT INTO seats (held) VALUES ($1)", kRefused, "seats_within", {int64_t{3}});
}
// NULL satisfies a CHECK on both.
TEST_P(ConstraintsTest, CheckPassesNull) {
  Script("CREATE TABLE seats (held BIGINT, CONSTRAINT seats_within CHECK (held <= 2));");
  EXPECT_EQ(Error("INSERT INTO seats (held) VALUES ($1)", {Value()}), absl::OkStatus());
}
TEST_P(ConstraintsTest, NotNullIsNamed) {
  Expect("INSERT INTO things (school, id) VALUES (NULL, 1)", kRefused, "things_school_not_null");
}
// SQLite enforces foreign keys only when told; it does not know which one failed.
TEST_P(ConstraintsTest, ForeignKeysAreEnforced) {
  Script(
      "CREATE TABLE parents (id BIGINT NOT NULL PRIMARY KEY);"
      "CREATE TABLE children (parent BIGINT NOT NULL REFERENCES parents (id));");
  Expect("INSERT INTO children (parent) VALUES (1)", kRefused, "foreign_key");
}
// Each engine has its own trigger.
TEST_P(ConstraintsTest, AppendOnlyForbidsUpdate) {
  MakeJournal();
  Expect("UPDATE journal SET id = 2", kRefused, "journal_append_only");
}
TEST_P(ConstraintsTest, AppendOnlyForbidsDelete) {
  MakeJournal();
  Expect("DELETE FROM journal", kRefused, "journal_append_only");
}
// Under another key a row has another MAC, and nothing else.
TEST_P(ConstraintsTest, AppendOnlyAllowsAnotherMac) {
  writer_.reset();
  const Migration migrations[] = {
      {"storage", "001_seals.sql",
       "CREATE TABLE seals (id BIGINT NOT NULL PRIMARY KEY, hash TEXT, mac BYTEA);\n"
       "-- append-only: seals\n"}};
  EXPECT_EQ(Migrate(*database_, "enrolment", migrations), absl::OkStatus());
  writer_ = Connect(Access::kWrite);
  Do("INSERT INTO seals (id, hash) VALUES (1, 'a')");
  EXPECT_EQ(Do("UPDATE seals SET mac = NULL WHERE id = 1").changes, 1);
  Expect("UPDATE seals SET hash = 'b'", kRefused, "seals_append_only");
  Expect("UPDATE seals SET mac = NULL, hash = 'b'", kRefused, "seals_append_only");
  Expect("UPDATE seals SET hash = NULL", kRefused, "seals_append_only");
}
// SQLite's REPLACE deletes without a trigger unless recursive_triggers is on.
TEST_P(ConstraintsTest, AppendOnlyForbidsReplace) {
  MakeJournal();
  Expect("INSERT OR REPLACE INTO journal (id) VALUES (1)", kRefused, "journal_append_only");
}
// TRUNCATE passes row triggers by.
TEST_P(ConstraintsTest, AppendOnlyForbidsTruncate) {
  MakeJournal();
  Expect("TRUNCATE journal", kRefused, "journal_append_only");
}
TEST_P(ConstraintsTest, AppendOnlyForbidsUpsertThatUpdates) {
  MakeJournal();
  Expect("INSERT INTO journal (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 5", kRefused,
         "journal_append_only");
}
TEST_P(ConstraintsTest, AppendOnlyAllowsInsert) {
  MakeJournal();
  EXPECT_EQ(Do("INSERT INTO journal (id) VALUES (2)").changes, 1);
}
// An UPDATE that touches no row is no change on both: the triggers are per row.
TEST_P(ConstraintsTest, AppendOnlyIgnoresEmptyUpdates) {
  MakeJournal();
  EXPECT_EQ(Do("UPDATE journal SET id = 5 WHERE id = 9").changes, 0);
}

}  // namespace
}  // namespace vivier::storage
