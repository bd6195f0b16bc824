// One SQL text means the same on both engines, and what cannot is refused by both.
#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

class StatementsTest : public StorageTest {
 protected:
  std::vector<int64_t> Ids(const std::string& sql, const std::vector<Value>& parameters = {}) {
    std::vector<int64_t> ids;
    for (const Row& row : Do(sql, parameters).rows) ids.push_back(std::get<int64_t>(row[0]));
    return ids;
  }
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(StatementsTest)

// SQLite numbers $2 by its place in the text, PostgreSQL by its name.
TEST_P(StatementsTest, BindsByNumber) {
  EXPECT_EQ(One("SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT)", {"first", "second"}),
            Value("secondfirst"));
}
// One parameter may stand in two places.
TEST_P(StatementsTest, BindsTwice) {
  EXPECT_EQ(One("SELECT CAST($1 AS TEXT) || CAST($1 AS TEXT)", {"ab"}), Value("abab"));
}
// SQLite would sort $10 before $2 by name and give it its place.
TEST_P(StatementsTest, BindsMoreThanNine) {
  std::vector<Value> values;
  for (int64_t i = 1; i <= 11; ++i) values.push_back(i);
  EXPECT_EQ(
      Number(
          "SELECT CAST($11 AS BIGINT)*100 + CAST($10 AS BIGINT) + 0*($1+$2+$3+$4+$5+$6+$7+$8+$9)",
          values),
      1110);
}
// A $1 in a literal or a comment is no parameter.
TEST_P(StatementsTest, IgnoresQuotedParameters) {
  EXPECT_EQ(One("SELECT CAST('$1 it''s' AS TEXT) -- $2\n /* $3 */"), Value("$1 it's"));
}
// SQLite would bind NULL for a missing parameter.
TEST_P(StatementsTest, RefusesTooFewParameters) {
  EXPECT_EQ(Error("SELECT name FROM things WHERE school = $1 AND id = $2", {"nancy"}).code(),
            absl::StatusCode::kInternal);
}
// PostgreSQL would ignore one that is too many once its type is known.
TEST_P(StatementsTest, RefusesTooManyParameters) {
  EXPECT_EQ(Error("SELECT name FROM things WHERE school = $1", {"a", "b"}).code(),
            absl::StatusCode::kInternal);
}
// Also when the statement is prepared already.
TEST_P(StatementsTest, RefusesOtherNumberTheSecondTime) {
  Do("SELECT name FROM things WHERE school = $1", {"a"});
  EXPECT_EQ(Error("SELECT name FROM things WHERE school = $1").code(), absl::StatusCode::kInternal);
}
// SQLite knows ? and :name, PostgreSQL does not.
TEST_P(StatementsTest, RefusesOtherParameterForms) {
  EXPECT_EQ(Error("SELECT name FROM things WHERE school = ?").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Error("SELECT name FROM things WHERE school = :school").code(),
            absl::StatusCode::kInternal);
}
// PostgreSQL compares types when it prepares.
TEST_P(StatementsTest, RefusesWrongParameterTypes) {
  EXPECT_EQ(Error("UPDATE things SET amount = $1", {"1"}).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Error("UPDATE things SET data = $1", {"1"}).code(), absl::StatusCode::kInternal);
}
// An integer that is assigned to a TEXT column becomes its digits on both.
TEST_P(StatementsTest, IntegerIntoTextIsItsDigits) {
  AddCommitted(1);
  EXPECT_EQ(One("UPDATE things SET name = $1 RETURNING name", {int64_t{12}}), Value("12"));
}
// Eight bytes of an integer must not become a text in a statement that was prepared for one.
TEST_P(StatementsTest, ComparesTypesWithTheFirstUse) {
  Do("UPDATE things SET name = $1", {"a"});
  EXPECT_EQ(Error("UPDATE things SET name = $1", {int64_t{0x4141414141414141}}).code(),
            absl::StatusCode::kInternal);
}
// NULL leaves the type to the server, which tells it.
TEST_P(StatementsTest, NullAtFirstUseLearnsTheType) {
  Begin();
  EXPECT_EQ(writer_->Send("UPDATE things SET amount = $1", {{Value()}}), absl::OkStatus());
  EXPECT_EQ(writer_->Send("UPDATE things SET amount = $1", {{int64_t{5}}}), absl::OkStatus());
  EXPECT_EQ(writer_->Send("UPDATE things SET amount = $1", {{"5"}}).code(),
            absl::StatusCode::kInternal);
  writer_->Rollback();
}
// SQLite stores any type in any column; the driver finds it when it reads.
TEST_P(StatementsTest, ChecksStoredTypesOnRead) {
  Do("INSERT INTO things (school, id, amount) VALUES ('a', 1, 'many')");
  const absl::Status status = Error("SELECT amount FROM things");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("column amount"));
}
// Wrong SQL is a defect on both, and the text says where, without the engine's words.
TEST_P(StatementsTest, RefusesWrongSql) {
  const absl::Status status = Error("SELEC name FROM things");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("in: SELEC name"));
}
// SQLite once took "name" for a literal where no column has that name.
TEST_P(StatementsTest, DoubleQuotesAreNames) {
  EXPECT_EQ(Error("SELECT \"nosuchcolumn\" FROM things").code(), absl::StatusCode::kInternal);
}
TEST_P(StatementsTest, RefusesAnUnknownTable) {
  EXPECT_EQ(Error("SELECT name FROM nosuchtable").code(), absl::StatusCode::kInternal);
}
// SQLite would run the first and ignore the rest.
TEST_P(StatementsTest, RefusesTwoStatements) {
  EXPECT_EQ(Error("DELETE FROM things; DELETE FROM things").code(), absl::StatusCode::kInternal);
}
// SQLite prepares nothing from it, PostgreSQL an empty query.
TEST_P(StatementsTest, RefusesNoStatement) {
  EXPECT_EQ(Error("").code(), absl::StatusCode::kInternal);
}
// RETURNING gives the stored row, defaults included.
TEST_P(StatementsTest, Returns) {
  const Result result =
      Do("INSERT INTO things (school, id) VALUES ('nancy', 7) RETURNING id, amount");
  EXPECT_EQ(result.rows, (std::vector<Row>{{int64_t{7}, int64_t{0}}}));
  EXPECT_EQ(result.changes, 1);
}
// Changes are counted though rows are returned.
TEST_P(StatementsTest, CountsReturnedUpdates) {
  AddCommitted(1);
  AddCommitted(2);
  EXPECT_EQ(Do("UPDATE things SET amount = 9 RETURNING id").changes, 2);
}
// SQLite reports the count of the statement before, PostgreSQL the rows read.
TEST_P(StatementsTest, SelectChangesNothing) {
  AddCommitted(1);
  EXPECT_EQ(Do("SELECT id FROM things").changes, 0);
}
// Rows that keep their value count as touched on both.
TEST_P(StatementsTest, CountsTouchedRows) {
  AddCommitted(1);
  EXPECT_EQ(Do("UPDATE things SET amount = amount").changes, 1);
  EXPECT_EQ(Do("UPDATE things SET amount = 1 WHERE id = 5").changes, 0);
}
// SQLite drops a whole table at once and once counted nothing.
TEST_P(StatementsTest, CountsDeletedRows) {
  AddCommitted(1);
  AddCommitted(2);
  EXPECT_EQ(Do("DELETE FROM things").changes, 2);
}
// The conflict clause names the key on both.
TEST_P(StatementsTest, UpsertUpdates) {
  const std::string sql =
      "INSERT INTO things (school, id, amount) VALUES ('nancy', 1, $1)"
      " ON CONFLICT (school, id) DO UPDATE SET amount = things.amount + excluded.amount RETURNING "
      "amount";
  EXPECT_EQ(Number(sql, {int64_t{5}}), 5);
  EXPECT_EQ(Number(sql, {int64_t{6}}), 11);
}
// DO NOTHING touches no row and returns none.
TEST_P(StatementsTest, UpsertDoesNothing) {
  AddCommitted(1, "first");
  const Result result =
      Do("INSERT INTO things (school, id, name) VALUES ('nancy', 1, 'second') ON CONFLICT (school, "
         "id) DO NOTHING "
         "RETURNING id");
  EXPECT_EQ(result.changes, 0);
  EXPECT_TRUE(result.rows.empty());
}
// A conditional upsert that does not apply touches none.
TEST_P(StatementsTest, UpsertWithCondition) {
  AddCommitted(1);
  EXPECT_EQ(Do("INSERT INTO things (school, id) VALUES ('nancy', 1)"
               " ON CONFLICT (school, id) DO UPDATE SET amount = 1 WHERE things.amount > 5")
                .changes,
            0);
}
// Row values compare from the left on both: the page after a key.
TEST_P(StatementsTest, PagesByRowValues) {
  Do("INSERT INTO things (school, id) VALUES ('a', 2), ('a', 1), ('b', 1), ('b', 3)");
  const std::string page =
      "SELECT id FROM things WHERE (school, id) > ($1, $2) ORDER BY school, id LIMIT $3";
  EXPECT_THAT(Ids(page, {"a", int64_t{1}, int64_t{2}}), ::testing::ElementsAre(2, 1));
  EXPECT_THAT(Ids(page, {"b", int64_t{1}, int64_t{2}}), ::testing::ElementsAre(3));
}
// Common table expressions and window functions are in both.
TEST_P(StatementsTest, RanksByWindow) {
  Do("INSERT INTO things (school, id, amount) VALUES ('a', 1, 5), ('a', 2, 9), ('b', 3, 1)");
  EXPECT_THAT(Ids("WITH ranked AS (SELECT id, ROW_NUMBER() OVER (PARTITION BY school ORDER BY "
                  "amount DESC) AS place"
                  " FROM things) SELECT id FROM ranked WHERE place = 1 ORDER BY id"),
              ::testing::ElementsAre(2, 3));
}
// NULL differs from every value, and IS NOT DISTINCT FROM compares it on both.
TEST_P(StatementsTest, ComparesNulls) {
  AddCommitted(1);
  EXPECT_THAT(Ids("SELECT id FROM things WHERE name = $1", {Value()}), ::testing::IsEmpty());
  EXPECT_THAT(Ids("SELECT id FROM things WHERE name IS NOT DISTINCT FROM $1", {Value()}),
              ::testing::ElementsAre(1));
}
// A cached plan names the columns that the table had.
TEST_P(StatementsTest, PreparedStatementSurvivesANewColumn) {
  AddCommitted(1);
  EXPECT_EQ(Do("SELECT id FROM things").rows.size(), 1u);
  Script("ALTER TABLE things ADD COLUMN extra TEXT;");
  EXPECT_EQ(Do("SELECT id FROM things").rows.size(), 1u);
}
// SELECT * changes its columns: at once on SQLite, after one retry on PostgreSQL.
TEST_P(StatementsTest, PreparedStarSeesANewColumn) {
  AddCommitted(1);
  EXPECT_EQ(Do("SELECT * FROM things").rows[0].size(), 5u);
  Script("ALTER TABLE things ADD COLUMN extra TEXT;");
  const absl::Status first = Error("SELECT * FROM things");
  EXPECT_TRUE(first.ok() || absl::IsAborted(first)) << first;
  EXPECT_EQ(Do("SELECT * FROM things").rows[0].size(), 6u);
}
// A table that comes again under its name is another one.
TEST_P(StatementsTest, PreparedStatementSurvivesDropAndCreate) {
  EXPECT_EQ(Things(), 0);
  Script("DROP TABLE things; CREATE TABLE things (id BIGINT);");
  EXPECT_EQ(Things(), 0);
}
// Filters make ever new texts: the cache of statements starts anew.
TEST_P(StatementsTest, ManyDifferentStatements) {
  for (int round = 0; round < 3; ++round) {
    Begin();
    for (int i = 0; i < 500; ++i)
      Run(*writer_, absl::StrCat("SELECT id FROM things WHERE id = ", round * 500 + i));
    Commit();
  }
  EXPECT_EQ(Things(), 0);
}
// Several results in one trip, each with its own rows.
TEST_P(StatementsTest, QueryAllAnswersEach) {
  AddCommitted(1, "a");
  Begin();
  const auto results = writer_->QueryAll(
      std::vector<Connection::Statement>{{"SELECT name FROM things WHERE id = $1", {int64_t{1}}},
                                         {"UPDATE things SET name = $1", {"b"}},
                                         {"SELECT name FROM things WHERE id = $1", {int64_t{1}}}});
  Commit();
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ((*results)[0].rows[0][0], Value("a"));
  EXPECT_EQ((*results)[1].changes, 1);
  EXPECT_EQ((*results)[2].rows[0][0], Value("b"));
}
TEST_P(StatementsTest, QueryAllOfNothing) {
  Begin();
  const auto results = writer_->QueryAll({});
  Commit();
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_TRUE(results->empty());
}
// PostgreSQL skips what follows a failure in the pipeline.
TEST_P(StatementsTest, QueryAllEndsAtTheFirstError) {
  AddCommitted(1);
  Begin();
  const auto results = writer_->QueryAll(std::vector<Connection::Statement>{
      {"INSERT INTO things (school, id) VALUES ('nancy', 2)", {}},
      {"INSERT INTO things (school, id) VALUES ('nancy', 1)", {}},
      {"INSERT INTO things (school, id) VALUES ('nancy', 3)", {}}});
  EXPECT_EQ(results.status().code(), absl::StatusCode::kAlreadyExists);
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
}
// More in one trip than the buffers of both ends hold: nobody may wait for the other.
TEST_P(StatementsTest, QueryAllOfManyMebibytes) {
  AddCommitted(1, std::string(1 << 20, 'x'));
  Begin();
  const std::vector<Connection::Statement> statements(
      32, {"SELECT name, CAST($1 AS TEXT) FROM things", {std::string(1 << 20, 'y')}});
  const auto results = writer_->QueryAll(statements);
  Commit();
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(std::get<std::string>((*results)[31].rows[0][1]).size(), size_t{1} << 20);
}
// A script may hold literals with semicolons.
TEST_P(StatementsTest, ScriptRunsEveryStatement) {
  Script(
      "INSERT INTO things (school, id, name) VALUES ('a', 1, 'x;y'); INSERT INTO things (school, "
      "id) VALUES ('a', 2);");
  EXPECT_EQ(Things(), 2);
}
// A script that fails poisons as a statement does.
TEST_P(StatementsTest, ScriptThatFailsPoisons) {
  Begin();
  EXPECT_EQ(writer_->Script("DELETE FROM nosuchtable;").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kInternal);
  writer_->Rollback();
}

}  // namespace
}  // namespace vivier::storage
