// What a server can do to us that a file cannot: end the connection, hold a lock, be another
// machine. Everything here is declared not to apply to SQLite, case by case.
#include <thread>

#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

class ServerTest : public StorageTest {
 protected:
  static int64_t Backend(Connection& connection) {
    return std::get<int64_t>(Run(connection, "SELECT CAST(pg_backend_pid() AS BIGINT)").rows[0][0]);
  }
  // Asks from a second connection, in a transaction of its own.
  std::string Ask(const std::string& sql, const std::vector<Value>& parameters) {
    if (!observer_) observer_ = Connect(Access::kWrite);
    EXPECT_EQ(observer_->Begin(Access::kWrite), absl::OkStatus());
    const Result result = Run(*observer_, sql, parameters);
    EXPECT_EQ(observer_->Commit(), absl::OkStatus());
    return result.rows.empty() ? "" : std::get<std::string>(result.rows[0][0]);
  }
  // Ends a backend and waits until it is gone.
  void Terminate(int64_t backend) {
    Ask("SELECT CAST(pg_terminate_backend(CAST($1 AS INTEGER), 10000) AS TEXT)",
        {absl::StrCat(backend)});
  }
  void WaitUntilBlocked(int64_t backend) {
    const std::string sql =
        "SELECT CAST(COALESCE(wait_event_type, '') AS TEXT) FROM pg_stat_activity WHERE pid = "
        "CAST($1 AS INTEGER)";
    while (Ask(sql, {absl::StrCat(backend)}) != "Lock") std::this_thread::yield();
  }
  std::string Conninfo() const { return url_.substr(url_.find(':', url_.find(':') + 1) + 1); }

  std::unique_ptr<Connection> observer_;
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(ServerTest)

constexpr char kTouch[] = "UPDATE things SET amount = amount + 1 WHERE id = $1";

// The server restarts while a transaction is open.
TEST_P(ServerTest, TerminatedBackendIsUnavailableThenReconnects) {
  Begin();
  EXPECT_EQ(Add(*writer_, 1), absl::OkStatus());
  Terminate(Backend(*writer_));
  EXPECT_EQ(Add(*writer_, 2).code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(writer_->InTransaction());
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kUnavailable);
  writer_->Rollback();
  AddCommitted(3);
  EXPECT_EQ(Things(), 1);
}
// The server restarts while nobody asks: the next transaction does not notice, prepared statements
// included.
TEST_P(ServerTest, TerminatedWhileIdleIsInvisible) {
  AddCommitted(1);
  Begin();
  const int64_t backend = Backend(*writer_);
  Commit();
  Terminate(backend);
  AddCommitted(2);
  EXPECT_EQ(Things(), 2);
}
// A COMMIT that waits in a deferred trigger is cut: nobody may call that a refusal or a success.
TEST_P(ServerTest, CommitOutcomeUnknown) {
  Script(
      "CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN UPDATE things SET amount = 5 WHERE id = 1; RETURN NULL; END $$;"
      "CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION wait_for_lock();");
  AddCommitted(1);
  const auto holder = Connect(Access::kWrite);
  ASSERT_EQ(holder->Begin(Access::kWrite), absl::OkStatus());
  Run(*holder, kTouch, {int64_t{1}});
  Begin();
  const int64_t backend = Backend(*writer_);
  EXPECT_EQ(Add(*writer_, 2), absl::OkStatus());
  absl::Status committed;
  std::thread commit([&] { committed = writer_->Commit(); });
  WaitUntilBlocked(backend);
  Terminate(backend);
  commit.join();
  holder->Rollback();
  EXPECT_EQ(committed.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(committed.message(), ::testing::HasSubstr("outcome is unknown"));
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
}
// A paused writer must not hold the head row: the server ends its transaction after a second.
TEST_P(ServerTest, PausedWriterLosesItsTransaction) {
  AddCommitted(1);
  const auto second = Connect(Access::kWrite);
  Begin();
  const int64_t paused = Backend(*writer_);
  Run(*writer_, kTouch, {int64_t{1}});
  ASSERT_EQ(second->Begin(Access::kWrite), absl::OkStatus());
  Run(*second, kTouch, {int64_t{1}});  // returns when the server has ended the first
  EXPECT_EQ(second->Commit(), absl::OkStatus());
  EXPECT_EQ(
      Ask("SELECT CAST(COUNT(*) AS TEXT) FROM pg_stat_activity WHERE pid = CAST($1 AS INTEGER)",
          {absl::StrCat(paused)}),
      "0");
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kUnavailable);
  writer_->Rollback();
  EXPECT_EQ(Number("SELECT amount FROM things"), 1);
}
// Two writers that lock in opposite order: the server ends one, which may run again.
TEST_P(ServerTest, DeadlockIsAborted) {
  AddCommitted(1);
  AddCommitted(2);
  const auto second = Connect(Access::kWrite);
  ASSERT_EQ(second->Begin(Access::kWrite), absl::OkStatus());
  Begin();
  const int64_t backend = Backend(*second);
  Run(*writer_, kTouch, {int64_t{1}});
  Run(*second, kTouch, {int64_t{2}});
  absl::Status theirs;
  std::thread other([&] {
    theirs = second->Query(kTouch, {{int64_t{1}}}).status();
    second->Rollback();
  });
  WaitUntilBlocked(backend);
  const absl::Status ours = writer_->Query(kTouch, {{int64_t{2}}}).status();
  writer_->Rollback();
  other.join();
  EXPECT_TRUE(absl::IsAborted(ours) != absl::IsAborted(theirs)) << ours << theirs;
}
// Whoever waits too long for a row hears that the database is busy, and may try again.
TEST_P(ServerTest, LockTimeoutIsUnavailable) {
  AddCommitted(1);
  const auto second = Connect(Access::kWrite);
  ASSERT_EQ(second->Begin(Access::kWrite), absl::OkStatus());
  ASSERT_EQ(second->Script("SET LOCAL lock_timeout = '10ms';"), absl::OkStatus());
  Begin();
  Run(*writer_, kTouch, {int64_t{1}});
  EXPECT_EQ(second->Query(kTouch, {{int64_t{1}}}).status().code(), absl::StatusCode::kUnavailable);
  second->Rollback();
  Commit();
}

TEST_P(ServerTest, UnreachableServerIsUnavailable) {
  const auto database = *Database::Open("postgres:nowhere:host=/nonexistent dbname=x");
  const absl::Status status = database->Connect(Access::kRead).status();
  EXPECT_EQ(status, absl::UnavailableError("the database cannot be reached")) << "names no host";
}

// A database that sorts by a locale would page through lists in another order.
TEST_P(ServerTest, RefusesOtherCollations) {
  const std::string name = "latin_" + url_.substr(9, url_.find(':', 9) - 9);
  ASSERT_EQ(std::system(absl::StrCat("psql -q -X '", Conninfo(), "' -c \"CREATE DATABASE ", name,
                                     " ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0\"")
                            .c_str()),
            0);
  const auto database =
      *Database::Open(absl::StrCat("postgres:latin:", Conninfo(), " dbname=", name));
  const absl::Status status = database->Connect(Access::kWrite).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("C.UTF-8"));
  EXPECT_EQ(
      std::system(
          absl::StrCat("psql -q -X '", Conninfo(), "' -c \"DROP DATABASE ", name, "\"").c_str()),
      0);
}
// Two replicas that start together both want to create the schema.
TEST_P(ServerTest, TwoOpenersCreateTheSchemaOnce) {
  const std::string url = testing::FreshUrl(GetParam());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&url] {
      const auto database = *Database::Open(url);
      EXPECT_EQ(database->Connect(Access::kWrite).status(), absl::OkStatus());
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace vivier::storage
