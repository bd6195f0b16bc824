// What every conformance test of the storage drivers starts from: a fresh database with one table,
// its writer, and the list of what an engine does not promise. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/storage/engines/database.h"
#include "tests/support/engines.h"

namespace vivier::storage {

// A case that one engine does not run, and why. Nothing else skips a case.
struct DeclaredException {
  Engine engine;
  const char* suite;
  const char* test;
  const char* reason;
};

inline constexpr DeclaredException kExceptions[] = {
    {Engine::kSqlite, "ValuesTest", "RefusesSumWithoutCast",
     "SUM of integers is an integer; PostgreSQL's run finds it"},
    {Engine::kSqlite, "ValuesTest", "RefusesBooleans",
     "a comparison is an integer; PostgreSQL's run finds it"},
    {Engine::kSqlite, "ValuesTest", "RefusesIntegerLiterals",
     "has one integer type; PostgreSQL's run finds it"},
    {Engine::kSqlite, "StatementsTest", "RefusesWrongParameterTypes",
     "converts by column affinity; see the read check"},
    {Engine::kSqlite, "StatementsTest", "ComparesTypesWithTheFirstUse", "has no parameter types"},
    {Engine::kSqlite, "StatementsTest", "NullAtFirstUseLearnsTheType", "has no parameter types"},
    {Engine::kPostgres, "StatementsTest", "ChecksStoredTypesOnRead",
     "its columns hold nothing but their type"},
    {Engine::kSqlite, "ConstraintsTest", "AppendOnlyForbidsTruncate", "has no TRUNCATE"},
    {Engine::kPostgres, "ConstraintsTest", "AppendOnlyForbidsReplace", "has no INSERT OR REPLACE"},
    {Engine::kPostgres, "TransactionsTest", "SecondWriterIsRefused",
     "many writers; the head row's lock orders them"},
    {Engine::kPostgres, "TransactionsTest", "SecondDatabaseCannotWrite", "many writers"},
    {Engine::kSqlite, "TransactionsTest", "SecondWriterWaitsForTheRowLock",
     "has one writer per file"},
    {Engine::kSqlite, "ServerTest", "TerminatedBackendIsUnavailableThenReconnects",
     "has no server"},
    {Engine::kSqlite, "ServerTest", "TerminatedWhileIdleIsInvisible", "has no server"},
    {Engine::kSqlite, "ServerTest", "CommitOutcomeUnknown",
     "has no server between it and the file"},
    {Engine::kSqlite, "ServerTest", "PausedWriterLosesItsTransaction",
     "a paused writer holds its own file only"},
    {Engine::kSqlite, "ServerTest", "DeadlockIsAborted", "has one writer per file"},
    {Engine::kSqlite, "ServerTest", "LockTimeoutIsUnavailable", "has one writer per file"},
    {Engine::kSqlite, "ServerTest", "UnreachableServerIsUnavailable", "has no server"},
    {Engine::kSqlite, "ServerTest", "RefusesOtherCollations",
     "sorts by bytes unless the schema asks otherwise"},
    {Engine::kSqlite, "ServerTest", "TwoOpenersCreateTheSchemaOnce", "has no schemas"},
    {Engine::kPostgres, "BudgetTest", "StatementsOfOneTransactionAddUp",
     "bounds each statement by its time"},
    {Engine::kPostgres, "FileTest", "DiskFullAtCommit",
     "space is taken when a row is written; a full log stops it"},
    {Engine::kPostgres, "FileTest", "FileLimitAtCommit", "its files are the server's"},
    {Engine::kPostgres, "FileTest", "DamagedHeaderIsRefused", "its files are the server's"},
    {Engine::kPostgres, "FileTest", "DamagedPageIsRefused", "its files are the server's"},
    {Engine::kPostgres, "FileTest", "MaintainEmptiesTheLog", "its log is the server's"},
    {Engine::kPostgres, "FileTest", "ReadersNeverCheckpoint", "its log is the server's"},
    {Engine::kPostgres, "FileTest", "ReaderNeedsAFile", "its files are the server's"},
    {Engine::kPostgres, "FileTest", "FileIsPrivate", "its files are the server's"},
};

class StorageTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = test.name(), suite = test.test_suite_name();
    for (const DeclaredException& exception : kExceptions)
      if (exception.engine == GetParam() && absl::StrCat("Engines/", exception.suite) == suite &&
          name.substr(0, name.find('/')) == exception.test)
        GTEST_SKIP() << "declared exception: " << exception.reason;
    url_ = testing::FreshUrl(GetParam());
    Reopen();
    Script(
        "CREATE TABLE things (school TEXT NOT NULL, id BIGINT NOT NULL, name TEXT, data BYTEA,"
        " amount BIGINT DEFAULT 0, PRIMARY KEY (school, id));");
  }

  void Reopen() {
    writer_.reset();
    database_.reset();
    absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(url_);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    writer_ = Connect(Access::kWrite);
  }

  std::unique_ptr<Connection> Connect(Access access) {
    absl::StatusOr<std::unique_ptr<Connection>> connection = database_->Connect(access);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  void Begin(Access access = Access::kWrite) {
    EXPECT_EQ(writer_->Begin(access), absl::OkStatus());
  }
  void Commit() { EXPECT_EQ(writer_->Commit(), absl::OkStatus()); }

  void Script(const std::string& sql) {
    Begin();
    EXPECT_EQ(writer_->Script(sql), absl::OkStatus());
    Commit();
  }

  // The result of a statement that must succeed, in the open transaction of `connection`.
  static Result Run(Connection& connection, const std::string& sql,
                    const std::vector<Value>& parameters = {}) {
    absl::StatusOr<Result> result = connection.Query(sql, parameters);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : Result();
  }

  // As Run, in a write transaction of its own.
  Result Do(const std::string& sql, const std::vector<Value>& parameters = {}) {
    Begin();
    Result result = Run(*writer_, sql, parameters);
    Commit();
    return result;
  }

  // The error of a statement in a transaction that is rolled back.
  absl::Status Error(const std::string& sql, const std::vector<Value>& parameters = {}) {
    Begin();
    const absl::Status status = writer_->Query(sql, parameters).status();
    writer_->Rollback();
    return status;
  }

  Value One(const std::string& sql, const std::vector<Value>& parameters = {}) {
    const Result result = Do(sql, parameters);
    EXPECT_EQ(result.rows.size(), 1u);
    return result.rows.empty() ? Value() : result.rows[0][0];
  }

  int64_t Number(const std::string& sql, const std::vector<Value>& parameters = {}) {
    const Value value = One(sql, parameters);
    return std::holds_alternative<int64_t>(value) ? std::get<int64_t>(value) : -1;
  }

  int64_t Things() { return Number("SELECT COUNT(*) FROM things"); }

  // Adds a row; what it returns is the status of the statement.
  absl::Status Add(Connection& connection, int64_t id, const Value& name = {}) {
    return connection
        .Query("INSERT INTO things (school, id, name) VALUES ('nancy', $1, $2)", {{id, name}})
        .status();
  }
  void AddCommitted(int64_t id, const Value& name = {}) {
    Begin();
    EXPECT_EQ(Add(*writer_, id, name), absl::OkStatus());
    Commit();
  }

  std::string url_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> writer_;
};

// A row of kExceptions that names a test which is gone would hide that nothing is excepted any
// more.
inline void ExpectExceptionsNameTests(const std::string& suite_name) {
  const auto& unit = *::testing::UnitTest::GetInstance();
  std::vector<std::string> names;
  for (int i = 0; i < unit.total_test_suite_count(); ++i) {
    const auto& suite = *unit.GetTestSuite(i);
    if (suite.name() != "Engines/" + suite_name) continue;
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const std::string name = suite.GetTestInfo(j)->name();
      names.push_back(name.substr(0, name.find('/')));
    }
  }
  for (const DeclaredException& exception : kExceptions) {
    if (suite_name != exception.suite) continue;
    EXPECT_THAT(names, ::testing::Contains(exception.test));
  }
}

}  // namespace vivier::storage

#define VIVIER_INSTANTIATE_ON_BOTH_ENGINES(Suite)                          \
  INSTANTIATE_TEST_SUITE_P(Engines, Suite, vivier::testing::BothEngines(), \
                           vivier::testing::EngineName);                   \
  TEST(Suite##Exceptions, NameTests) { ExpectExceptionsNameTests(#Suite); }
