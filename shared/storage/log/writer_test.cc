// Group commit on real databases: who hears what when one of a batch, its COMMIT, the disk or the
// server fails.
#include "shared/storage/log/writer.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>

#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/support/store.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::storage {
namespace {

using enrolment::v1::Cohort;

// What a test does in a work; `Done` keeps the outcome and counts.
class TestWork : public Work {
 public:
  using Run_ = std::function<absl::Status(Transaction&, Unit&)>;
  using Done_ = std::function<void(const absl::Status& committed, const absl::Status& verdict)>;

  TestWork(std::string school, Run_ run, Done_ done)
      : school_(std::move(school)), run_(std::move(run)), done_(std::move(done)) {}

  const std::string& school() const override { return school_; }
  void Want(Transaction::Wanted&) const override {}
  void Run(Transaction& transaction, absl::Time now) override {
    Unit unit(transaction);
    verdict_ = run_(transaction, unit);
    if (verdict_.ok()) verdict_ = unit.Apply({"somebody", "test", "", "", "", ""}, now);
  }
  void Done(const absl::Status& committed) override { done_(committed, verdict_); }

 private:
  const std::string school_;
  const Run_ run_;
  const Done_ done_;
  absl::Status verdict_;
};

class WriterTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    connection_ = nullptr;  // on SQLite the writer is the only one that writes
  }

  void Start(Writer::Options options = {}) {
    Writer::Observer observer;
    observer.measured = [this](size_t works, absl::Duration held, absl::Duration commit) {
      EXPECT_GE(held, commit);
      absl::MutexLock lock(&mutex_);
      batches_.push_back(works);
    };
    if (elsewhere_)
      observer.tell_elsewhere = [this](std::function<void()> tell) {
        absl::MutexLock lock(&mutex_);
        tellings_.push_back(std::move(tell));
      };
    options.batch_time_max = absl::Seconds(30);  // a slow machine must not divide a batch
    absl::StatusOr<std::unique_ptr<Writer>> writer =
        Writer::Start(*database_, &key_, options, observer);
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
  }

  // Submits a work and keeps what came of it under `id`: the commit's error, else its own verdict.
  void Submit(const std::string& id, TestWork::Run_ run, const std::string& school = "nancy") {
    ASSERT_EQ(writer_->Submit(std::make_unique<TestWork>(
                  school, std::move(run),
                  [this, id](const absl::Status& committed, const absl::Status& verdict) {
                    absl::MutexLock lock(&mutex_);
                    outcomes_[id].push_back(committed.ok() ? verdict : committed);
                  })),
              absl::OkStatus());
  }

  // A work that stores a cohort.
  TestWork::Run_ Store(const std::string& id, int capacity = 24,
                       const std::string& school = "nancy") {
    return [this, id, capacity, school](Transaction&, Unit& unit) {
      Cohort cohort = SomeCohort(id, capacity);
      cohort.set_name("schools/" + school + "/cohorts/" + id);
      return cohorts_.Insert(unit, cohort);
    };
  }

  // Holds the writer in a batch of its own until Release, so that what is submitted meanwhile is
  // one batch.
  void Hold() {
    Submit("hold", [this](Transaction&, Unit&) {
      held_.Notify();
      release_.WaitForNotification();
      return absl::OkStatus();
    });
    held_.WaitForNotification();
  }
  // Lets it go on and waits for the end of all that was submitted.
  void Release() {
    release_.Notify();
    writer_->Stop();
  }

  // The outcome of a work, which was told once.
  absl::Status Outcome(const std::string& id) {
    absl::MutexLock lock(&mutex_);
    if (outcomes_[id].size() != 1)
      return absl::UnknownError(absl::StrCat("told ", outcomes_[id].size(), " times"));
    return outcomes_[id][0];
  }

  int64_t Count(const std::string& sql) {
    const std::unique_ptr<Connection> reader = *database_->Connect(Access::kRead);
    EXPECT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    const absl::StatusOr<Result> result = reader->Query(sql);
    reader->Rollback();
    EXPECT_EQ(result.status(), absl::OkStatus());
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }
  int64_t Cohorts() { return Count("SELECT COUNT(*) FROM cohorts"); }

  absl::Mutex mutex_;
  std::map<std::string, std::vector<absl::Status>> outcomes_;
  std::vector<size_t> batches_;
  bool elsewhere_ =
      false;  // what tells the works of a batch waits in tellings_ until the test runs it
  std::vector<std::function<void()>> tellings_;
  absl::Notification held_, release_;
  std::unique_ptr<Writer> writer_;
};

INSTANTIATE_TEST_SUITE_P(Engines, WriterTest, testing::BothEngines(), testing::EngineName);

TEST_P(WriterTest, WhatWaitsIsOneBatchAndOneCommit) {
  Start();
  Hold();
  for (int i = 0; i < 20; ++i) Submit(absl::StrCat(i), Store(absl::StrCat("ai-", i)));
  Release();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Outcome(absl::StrCat(i)), absl::OkStatus());
  EXPECT_EQ(batches_, (std::vector<size_t>{1, 20}));
  EXPECT_EQ(Cohorts(), 20);
}

TEST_P(WriterTest, ABatchIsBounded) {
  Start({.batch_works_max = 8});
  Hold();
  for (int i = 0; i < 20; ++i) Submit(absl::StrCat(i), Store(absl::StrCat("ai-", i)));
  Release();
  EXPECT_EQ(batches_, (std::vector<size_t>{1, 8, 8, 4}));
  EXPECT_EQ(Cohorts(), 20);
}

// Whoever hears OK can read their write on another connection at that moment; nobody could before.
TEST_P(WriterTest, AnswersOnlyAfterTheCommit) {
  Start();
  std::promise<int64_t> before, after;
  ASSERT_EQ(writer_->Submit(std::make_unique<TestWork>(
                "nancy",
                [&](Transaction& transaction, Unit&) -> absl::Status {
                  Unit unit(transaction);
                  RETURN_IF_ERROR(Store("ai-1")(transaction, unit));
                  RETURN_IF_ERROR(unit.Apply({}, kNow));
                  before.set_value(Cohorts());
                  return absl::OkStatus();
                },
                [&](const absl::Status& committed, const absl::Status&) {
                  after.set_value(committed.ok() ? Cohorts() : -1);
                })),
            absl::OkStatus());
  EXPECT_EQ(before.get_future().get(), 0);
  EXPECT_EQ(after.get_future().get(), 1);
}

// A statement that the database refuses takes its whole batch back; run one by one, only the guilty
// one hears of it.
TEST_P(WriterTest, OneGuiltyStatementRefusesOnlyItsRequest) {
  Start();
  Hold();
  Submit("good", Store("ai-1"));
  Submit("guilty", Store("ai-2", 0));  // a cohort has seats: CHECK
  Submit("refused",
         [](Transaction&, Unit&) { return Refused(log::v1::LOG_FORKED, "the domain says no"); });
  Submit("better", Store("ai-3"));
  Release();
  EXPECT_EQ(Outcome("good"), absl::OkStatus());
  EXPECT_EQ(Outcome("guilty").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Outcome("guilty").message(), ::testing::HasSubstr("cohort_has_seats"));
  EXPECT_EQ(ReasonOf(Outcome("refused")), "LOG_FORKED");
  EXPECT_EQ(Outcome("better"), absl::OkStatus());
  EXPECT_EQ(Cohorts(), 2);
  EXPECT_EQ(Count("SELECT audit_number FROM heads WHERE school = 'nancy'"), 2);
}

TEST_P(WriterTest, WorksOfTwoSchoolsAreNeverInOneBatch) {
  Start();
  Hold();
  for (int i = 0; i < 4; ++i) {
    Submit(absl::StrCat("n", i), Store(absl::StrCat("ai-", i)));
    Submit(absl::StrCat("m", i), Store(absl::StrCat("ai-", i), 24, "metz"), "metz");
  }
  Release();
  for (int i = 0; i < 4; ++i)
    for (const char* school : {"n", "m"})
      EXPECT_EQ(Outcome(absl::StrCat(school, i)), absl::OkStatus());
  EXPECT_EQ(batches_, (std::vector<size_t>{1, 4, 4}));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM cohorts WHERE school = 'metz'"), 4);
  EXPECT_EQ(Count("SELECT audit_number FROM heads WHERE school = 'metz'"), 4);
}

// The next batch does not wait until the works of this one were told.
TEST_P(WriterTest, TellsTheWorksOfABatchWhereItIsAskedTo) {
  elsewhere_ = true;
  Start({.batch_works_max = 2});
  Hold();
  for (int i = 0; i < 4; ++i) Submit(absl::StrCat(i), Store(absl::StrCat("ai-", i)));
  Release();
  EXPECT_EQ(Cohorts(), 4);
  EXPECT_TRUE(outcomes_.empty()) << "nobody ran what tells them";
  ASSERT_EQ(tellings_.size(), 3u);
  for (const auto& tell : tellings_) tell();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Outcome(absl::StrCat(i)), absl::OkStatus());
}

TEST_P(WriterTest, AFullQueueSaysSoAtOnce) {
  Start({.queue_works_max = 2});
  Hold();
  Submit("1", Store("ai-1"));
  Submit("2", Store("ai-2"));
  const absl::Status full = writer_->Submit(std::make_unique<TestWork>(
      "nancy", Store("ai-3"), [](const absl::Status&, const absl::Status&) {
        ADD_FAILURE() << "a work that was not taken is not told anything";
      }));
  EXPECT_EQ(ReasonOf(full), "OVERLOADED");
  Release();
  EXPECT_EQ(Cohorts(), 2);
}

TEST_P(WriterTest, AStoppedWriterTakesNothing) {
  Start();
  Submit("1", Store("ai-1"));
  writer_->Stop();
  EXPECT_EQ(Outcome("1"), absl::OkStatus());  // what was taken is finished
  EXPECT_EQ(writer_
                ->Submit(std::make_unique<TestWork>(
                    "nancy", Store("ai-2"),
                    [](const absl::Status&, const absl::Status&) { ADD_FAILURE(); }))
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Cohorts(), 1);
}

class SqliteWriterTest : public WriterTest {};
INSTANTIATE_TEST_SUITE_P(Engines, SqliteWriterTest, ::testing::Values(Engine::kSqlite),
                         testing::EngineName);

// A full disk refuses writes, keeps what was there, and goes on when there is room again.
TEST_P(SqliteWriterTest, AFullDiskRefusesAndRecovers) {
  const auto pages = [](const char* sql) {
    return [sql](Transaction& transaction, Unit&) {
      return transaction.connection().Query(sql).status();
    };
  };
  Start({.batch_works_max = 1});
  Submit("before", Store("ai-0"));
  Submit(
      "limit",
      pages(
          "PRAGMA max_page_count = 1"));  // SQLite takes the size that the file has: it cannot grow
  Submit("big", [](Transaction&, Unit& unit) {
    unit.Later([](Transaction& transaction) {
      return transaction.connection().Send("UPDATE cohorts SET title = hex(zeroblob(500000))", {});
    });
    return absl::OkStatus();
  });
  Submit("room", pages("PRAGMA max_page_count = 1000000"));
  Submit("after", Store("ai-1"));
  writer_->Stop();
  EXPECT_EQ(Outcome("before"), absl::OkStatus());
  EXPECT_EQ(Outcome("big").code(), absl::StatusCode::kResourceExhausted) << Outcome("big");
  EXPECT_EQ(Outcome("after"), absl::OkStatus());
  EXPECT_EQ(Cohorts(), 2);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM cohorts WHERE length(title) > 100"), 0);
}

// Nobody writes on a damaged file: the process stops and says why.
TEST_P(SqliteWriterTest, ADamagedFileStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto damage = [this](const std::string& path) {
    return [this, path](Transaction& transaction, Unit& unit) -> absl::Status {
      RETURN_IF_ERROR(transaction.connection()
                          .Query("PRAGMA shrink_memory")
                          .status());  // forget the good pages
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(4096);  // the first page says that it is a database
      file << std::string(std::filesystem::file_size(path) - 4096, '\x5a');
      file.close();
      return Store("ai-1")(transaction, unit);
    };
  };
  EXPECT_DEATH(
      {
        const std::string url = testing::FreshUrl(Engine::kSqlite);
        database_ = *Database::Open(url);
        if (!Migrate(*database_, "enrolment").ok()) std::exit(0);
        Start();
        Submit("1", damage(std::string(absl::StripPrefix(url, "sqlite:"))));
        writer_->Stop();
        std::exit(0);
      },
      "the database is damaged");
}

class PostgresWriterTest : public WriterTest {
 protected:
  // Ends the server's side of the writer's connection, as a restart of the server would.
  void Cut(Transaction& transaction) {
    const absl::StatusOr<Result> mine =
        transaction.connection().Query("SELECT CAST(pg_backend_pid() AS BIGINT)");
    ASSERT_TRUE(mine.ok()) << mine.status();
    const int64_t pid = std::get<int64_t>(mine->rows[0][0]);
    Count(absl::StrCat("SELECT CAST(COUNT(pg_terminate_backend(", pid, ", 5000)) AS BIGINT)"));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, PostgresWriterTest, ::testing::Values(Engine::kPostgres),
                         testing::EngineName);

// Nobody hears of a lost connection: the batch is run again, and nothing is done twice.
TEST_P(PostgresWriterTest, ALostConnectionIsMetByRunningAgain) {
  Start();
  Hold();
  std::atomic<int> runs = 0;
  Submit("first", Store("ai-1"));
  Submit("cut", [&](Transaction& transaction, Unit& unit) {
    if (++runs == 1) Cut(transaction);
    return Store("ai-2")(transaction, unit);
  });
  Submit("last", Store("ai-3"));
  Release();
  EXPECT_EQ(runs, 2);
  for (const char* id : {"first", "cut", "last"}) EXPECT_EQ(Outcome(id), absl::OkStatus()) << id;
  EXPECT_EQ(Cohorts(), 3);
  EXPECT_EQ(Count("SELECT audit_number FROM heads WHERE school = 'nancy'"), 3);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM audit_records"), 3);
}

// When the COMMIT cannot be had, everybody of the batch hears UNAVAILABLE, also whom a rule had
// refused: the refusal may rest on a work that was not stored.
TEST_P(PostgresWriterTest, AFailedCommitRefusesAll) {
  Start();
  Hold();
  std::atomic<int> runs = 0;
  Submit("stored", Store("ai-1"));
  Submit("refused",
         [this](Transaction& transaction, Unit& unit) { return Store("ai-1")(transaction, unit); });
  Submit("cut", [&](Transaction& transaction, Unit&) {
    ++runs;
    Cut(transaction);
    return absl::OkStatus();
  });
  Release();
  EXPECT_EQ(runs, 5);
  for (const char* id : {"stored", "refused", "cut"})
    EXPECT_EQ(Outcome(id).code(), absl::StatusCode::kUnavailable) << id << " " << Outcome(id);
  EXPECT_EQ(Cohorts(), 0);
}

// A constraint that is checked at COMMIT: the batch fails as a whole there, and again only the
// guilty one hears of it.
TEST_P(PostgresWriterTest, AConstraintAtCommitRefusesOnlyItsRequest) {
  {
    const std::unique_ptr<Connection> connection = *database_->Connect(Access::kWrite);
    ASSERT_EQ(connection->Begin(Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection
                  ->Query("ALTER TABLE cohorts ADD CONSTRAINT one_title UNIQUE (title) DEFERRABLE "
                          "INITIALLY DEFERRED")
                  .status(),
              absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  Start();
  Hold();
  Submit("1", Store("ai-1"));
  Submit("2", Store("ai-2"));  // of the same title
  Submit("3", [this](Transaction&, Unit& unit) {
    Cohort cohort = SomeCohort("ai-3");
    cohort.set_title("another");
    return cohorts_.Insert(unit, cohort);
  });
  Release();
  EXPECT_EQ(Outcome("1"), absl::OkStatus());
  EXPECT_EQ(Outcome("2").code(), absl::StatusCode::kAlreadyExists) << Outcome("2");
  EXPECT_EQ(Outcome("3"), absl::OkStatus());
  EXPECT_EQ(Cohorts(), 2);
}

}  // namespace
}  // namespace vivier::storage
