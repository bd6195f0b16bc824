// Begin to Commit: what is seen when, what a failure leaves, who writes.
#include <thread>

#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

class TransactionsTest : public StorageTest {
 protected:
  static int64_t Count(Connection& connection) {
    return std::get<int64_t>(Run(connection, "SELECT COUNT(*) FROM things").rows[0][0]);
  }
  static constexpr char kDuplicate[] = "INSERT INTO things (school, id) VALUES ('nancy', 1)";
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(TransactionsTest)

// PostgreSQL would show each statement what was committed before it.
TEST_P(TransactionsTest, ReaderKeepsItsSnapshot) {
  const auto reader = Connect(Access::kRead);
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  EXPECT_EQ(Count(*reader), 0);
  AddCommitted(1);
  EXPECT_EQ(Count(*reader), 0);
  EXPECT_EQ(reader->Commit(), absl::OkStatus());
}
TEST_P(TransactionsTest, NextSnapshotSeesTheCommit) {
  const auto reader = Connect(Access::kRead);
  for (int64_t i = 1; i <= 20; ++i) {
    AddCommitted(i);
    ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    EXPECT_EQ(Count(*reader), i);
    EXPECT_EQ(reader->Commit(), absl::OkStatus());
  }
}
TEST_P(TransactionsTest, ReadsItsOwnWrites) {
  Begin();
  EXPECT_EQ(Add(*writer_, 1), absl::OkStatus());
  EXPECT_EQ(Count(*writer_), 1);
  writer_->Rollback();
}
// PostgreSQL has not sent it yet when the question is asked.
TEST_P(TransactionsTest, ReadsWhatItSent) {
  Begin();
  EXPECT_EQ(writer_->Send(kDuplicate, {}), absl::OkStatus());
  EXPECT_EQ(Count(*writer_), 1);
  Commit();
}
TEST_P(TransactionsTest, OthersSeeNothingBeforeCommit) {
  const auto reader = Connect(Access::kRead);
  Begin();
  EXPECT_EQ(Add(*writer_, 1), absl::OkStatus());
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  EXPECT_EQ(Count(*reader), 0);
  reader->Rollback();
  Commit();
}
TEST_P(TransactionsTest, RollbackUndoes) {
  Begin();
  EXPECT_EQ(Add(*writer_, 1), absl::OkStatus());
  writer_->Rollback();
  EXPECT_FALSE(writer_->InTransaction());
  EXPECT_EQ(Things(), 0);
}
// PostgreSQL may have some of it in its buffer only.
TEST_P(TransactionsTest, RollbackUndoesWhatWasSent) {
  Begin();
  for (int64_t i = 0; i < 100; ++i)
    EXPECT_EQ(writer_->Send("INSERT INTO things (school, id, name) VALUES ('a', $1, $2)",
                            {{i, std::string(10000, 'x')}}),
              absl::OkStatus());
  writer_->Rollback();
  EXPECT_EQ(Things(), 0);
}
// A connection that is closed in a transaction leaves nothing.
TEST_P(TransactionsTest, ClosingRollsBack) {
  Begin();
  EXPECT_EQ(Add(*writer_, 1), absl::OkStatus());
  Reopen();
  EXPECT_EQ(Things(), 0);
}
TEST_P(TransactionsTest, CommitSurvivesReopening) {
  AddCommitted(1);
  Reopen();
  EXPECT_EQ(Things(), 1);
}
// SQLite would go on after a failed statement, PostgreSQL would not.
TEST_P(TransactionsTest, CaughtErrorPoisons) {
  AddCommitted(1);
  Begin();
  EXPECT_EQ(Add(*writer_, 2), absl::OkStatus());
  EXPECT_EQ(writer_->Query(kDuplicate).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Add(*writer_, 3).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(writer_->Send(kDuplicate, {}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(writer_->QueryAll({}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(writer_->Script("SELECT 1;").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kAlreadyExists);
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
}
// A value refused before it reached the engine poisons as well.
TEST_P(TransactionsTest, RefusedTextPoisons) {
  Begin();
  EXPECT_EQ(Add(*writer_, 1, "\xff").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kInvalidArgument);
  writer_->Rollback();
  EXPECT_EQ(Things(), 0);
}
TEST_P(TransactionsTest, RollbackHeals) {
  AddCommitted(1);
  EXPECT_EQ(Error(kDuplicate).code(), absl::StatusCode::kAlreadyExists);
  AddCommitted(2);
  EXPECT_EQ(Things(), 2);
}
// PostgreSQL learns of it one trip later: at the next question.
TEST_P(TransactionsTest, SendErrorIsSeenAtTheNextQuery) {
  AddCommitted(1);
  Begin();
  const absl::Status sent = writer_->Send(kDuplicate, {});
  EXPECT_TRUE(sent.ok() || absl::IsAlreadyExists(sent)) << sent;
  EXPECT_EQ(writer_->Query("SELECT COUNT(*) FROM things").status().code(),
            absl::StatusCode::kAlreadyExists);
  writer_->Rollback();
}
// … or at COMMIT, which must then not happen.
TEST_P(TransactionsTest, SendErrorIsSeenAtCommit) {
  AddCommitted(1);
  Begin();
  EXPECT_EQ(Add(*writer_, 2), absl::OkStatus());
  writer_->Send(kDuplicate, {}).IgnoreError();
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kAlreadyExists);
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
}
TEST_P(TransactionsTest, ExpectedChangesHold) {
  AddCommitted(1);
  Begin();
  EXPECT_EQ(writer_->Send("UPDATE things SET amount = 1 WHERE id = 1", {}, 1), absl::OkStatus());
  EXPECT_EQ(writer_->Send("UPDATE things SET amount = 1 WHERE id = 9", {}, 0), absl::OkStatus());
  Commit();
}
// The server cannot know what was expected: COMMIT must wait for the count.
TEST_P(TransactionsTest, OtherChangesThanExpectedAbort) {
  AddCommitted(1);
  Begin();
  EXPECT_EQ(Add(*writer_, 2), absl::OkStatus());
  writer_->Send("UPDATE things SET amount = 1 WHERE id = 9", {}, 1).IgnoreError();
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kAborted);
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
}
TEST_P(TransactionsTest, MoreChangesThanExpectedAbort) {
  AddCommitted(1);
  AddCommitted(2);
  Begin();
  writer_->Send("UPDATE things SET amount = 1", {}, 1).IgnoreError();
  EXPECT_EQ(writer_->Query("SELECT COUNT(*) FROM things").status().code(),
            absl::StatusCode::kAborted);
  writer_->Rollback();
}
// A statement outside of a transaction would commit by itself on both.
TEST_P(TransactionsTest, RefusesStatementsOutside) {
  EXPECT_EQ(writer_->Query(kDuplicate).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->Send(kDuplicate, {}).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->QueryAll({}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Things(), 0);
}
TEST_P(TransactionsTest, RefusesBeginInside) {
  Begin();
  EXPECT_EQ(writer_->Begin(Access::kWrite).code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(writer_->InTransaction());
  Commit();
}
TEST_P(TransactionsTest, RollbackOutsideIsNothing) {
  writer_->Rollback();
  EXPECT_FALSE(writer_->InTransaction());
  AddCommitted(1);
}
TEST_P(TransactionsTest, EmptyTransactionCommits) {
  Begin();
  EXPECT_TRUE(writer_->InTransaction());
  Commit();
  EXPECT_FALSE(writer_->InTransaction());
}
// A read snapshot refuses writes on both, also on the writer's connection of PostgreSQL.
TEST_P(TransactionsTest, ReaderCannotWrite) {
  const auto reader = Connect(Access::kRead);
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  EXPECT_EQ(reader->Query(kDuplicate).status().code(), absl::StatusCode::kInternal);
  reader->Rollback();
  EXPECT_EQ(reader->Begin(Access::kWrite).code(), absl::StatusCode::kInternal);
}
// SQL that ends the transaction behind our back: nothing may run and commit by itself afterwards.
TEST_P(TransactionsTest, TransactionLostBehindOurBack) {
  Begin();
  EXPECT_EQ(Add(*writer_, 1), absl::OkStatus());
  writer_->Query("ROLLBACK").status().IgnoreError();
  EXPECT_FALSE(writer_->InTransaction());
  EXPECT_EQ(Add(*writer_, 2).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kUnavailable);
  writer_->Rollback();
  EXPECT_EQ(Things(), 0);
}
TEST_P(TransactionsTest, MaintainOnlyBetween) {
  EXPECT_EQ(writer_->Maintain(false), absl::OkStatus());
  Begin();
  EXPECT_EQ(writer_->Maintain(true).code(), absl::StatusCode::kInternal);
  Commit();
  EXPECT_EQ(writer_->Maintain(true), absl::OkStatus());
}
// SQLite 3.40 may damage a file that two connections write or checkpoint.
TEST_P(TransactionsTest, SecondWriterIsRefused) {
  EXPECT_EQ(database_->Connect(Access::kWrite).status().code(), absl::StatusCode::kUnavailable);
  writer_.reset();
  writer_ = Connect(Access::kWrite);
  AddCommitted(1);
}
// The lock file stands for another process.
TEST_P(TransactionsTest, SecondDatabaseCannotWrite) {
  const auto second = *Database::Open(url_);
  EXPECT_EQ(second->Connect(Access::kWrite).status().code(), absl::StatusCode::kUnavailable);
  writer_.reset();
  EXPECT_EQ(second->Connect(Access::kWrite).status().code(), absl::StatusCode::kUnavailable);
  database_.reset();
  EXPECT_EQ(second->Connect(Access::kWrite).status(), absl::OkStatus());
}
// The head row's lock makes writers follow one another, and the second sees what the first did.
TEST_P(TransactionsTest, SecondWriterWaitsForTheRowLock) {
  AddCommitted(1);
  const std::string lock = "UPDATE things SET amount = amount + 1 WHERE id = 1 RETURNING amount";
  const auto second = Connect(Access::kWrite);
  Begin();
  EXPECT_EQ(Run(*writer_, lock).rows[0][0], Value(int64_t{1}));
  Value seen;
  std::thread waiter([&] {
    EXPECT_EQ(second->Begin(Access::kWrite), absl::OkStatus());
    seen = Run(*second, lock).rows[0][0];
    EXPECT_EQ(second->Commit(), absl::OkStatus());
  });
  Commit();
  waiter.join();
  EXPECT_EQ(seen, Value(int64_t{2}));
}
// Connections outlive the database object that opened them.
TEST_P(TransactionsTest, ConnectionOutlivesDatabase) {
  database_.reset();
  AddCommitted(1);
}
// Many readers beside the writer, each with its own snapshot.
TEST_P(TransactionsTest, ReadersOnManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      const auto reader = Connect(Access::kRead);
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
        const int64_t before = Count(*reader);
        EXPECT_EQ(Count(*reader), before);
        EXPECT_EQ(reader->Commit(), absl::OkStatus());
      }
    });
  for (int64_t i = 0; i < 50; ++i) AddCommitted(i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Things(), 50);
}
// A URL says which engine; anything else is refused.
TEST(DatabaseTest, RefusesUnknownUrls) {
  for (const char* url :
       {"", "mysql:x", "sqlite:", "postgres:", "postgres:Bad-Name:host=x", "postgres:1st:host=x"})
    EXPECT_EQ(Database::Open(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
}

}  // namespace
}  // namespace vivier::storage
