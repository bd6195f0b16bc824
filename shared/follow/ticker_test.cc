// Ticks: every row that is due is handled once, by however many processes, and nobody looks before.
#include "shared/follow/ticker.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/perform.h"
#include "tests/support/engines.h"
#include "vivier/statistics/v1/facts.pb.h"

namespace vivier::follow {
namespace {

using statistics::v1::SubmissionClock;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A service that counts, in the row itself, how often its clock rang.
struct Clocks {
  storage::Table<SubmissionClock> table;
  std::string broken;  // this one refuses

  absl::Status Ring(rpc::Call& call, const std::string& name) {
    ASSIGN_OR_RETURN(SubmissionClock clock, table.Get(call, name));
    if (!clock.has_due_time() || absl::FromUnixSeconds(clock.due_time().seconds()) > call.time())
      return absl::OkStatus();
    if (name == broken) return Internal("the spring is broken");
    clock.set_revision(clock.revision() + 1);
    clock.clear_due_time();
    return table.Update(call, clock);
  }
};

class TickerTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  TickerTest()
      : database_(testing::FreshDatabase(GetParam())),
        readers_(*database_, nullptr),
        service_("statistics") {
    EXPECT_EQ(storage::Migrate(*database_, "statistics"), absl::OkStatus());
    service_.Tick(clocks_, &Clocks::Ring, clocks_.table, "due_time");
  }

  // A clock of that number rings `seconds` after kNow.
  static absl::Status Insert(storage::Connection& connection, const std::string& school, int number,
                             int64_t seconds) {
    return connection.Send(
        "INSERT INTO submission_clocks (school, name, version, revision, due_time) VALUES "
        "($1, $2, 1, 0, $3)",
        {storage::Value(school),
         storage::Value(
             absl::StrCat("schools/", school, "/submissionClocks/", seconds, ".", number)),
         storage::Value(absl::ToUnixMicros(kNow + absl::Seconds(seconds)))});
  }
  void Set(int count, int64_t seconds) {
    const std::unique_ptr<storage::Connection> connection =
        *database_->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    for (int i = 0; i < count; ++i)
      ASSERT_EQ(Insert(*connection, "nancy", i, seconds), absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  // One that no commit tells of.
  void Plant(storage::Writer& writer, int64_t seconds, const std::string& school = "nancy") {
    ASSERT_EQ(storage::Perform(writer, school,
                               [&](storage::Transaction& transaction, absl::Time) {
                                 return Insert(transaction.connection(), school, 99, seconds);
                               }),
              absl::OkStatus());
  }

  std::unique_ptr<storage::Writer> Writer() {
    storage::Writer::Options options;
    options.now = [this] { return site(); };
    storage::Writer::Observer observer;
    observer.committed = [this](const storage::Transaction& transaction) {
      if (ticker_ != nullptr) ticker_->Changed(transaction.school(), transaction.changed());
    };
    return *storage::Writer::Start(*database_, nullptr, options, observer);
  }

  std::unique_ptr<Ticker> Start(storage::Writer& writer) {
    return std::make_unique<Ticker>(Ticker::Options{
        &service_, {"metz", "nancy"}, &writer, &readers_, &scheduler_, [this] { return site(); }});
  }

  // Lets time pass on both clocks, and what is due with it run.
  void Pass(absl::Duration by) {
    passed_us_ += absl::ToInt64Microseconds(by);
    for (int before = -1; before != runs_; scheduler_.Turn()) before = runs_;
  }
  absl::Time site() const { return kNow + absl::Microseconds(passed_us_.load()); }
  int64_t Rung() {
    return Number("SELECT CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM submission_clocks");
  }

  int64_t Number(const std::string& sql) {
    const std::unique_ptr<storage::Connection> connection =
        *database_->Connect(storage::Access::kRead);
    EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const absl::StatusOr<storage::Result> result = connection->Query(sql);
    connection->Rollback();
    EXPECT_EQ(result.status(), absl::OkStatus());
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  std::unique_ptr<storage::Database> database_;
  rpc::Readers readers_;
  Clocks clocks_;
  rpc::Service service_;
  std::atomic<int64_t> passed_us_ = 0;
  std::atomic<int> runs_ = 0;
  Scheduler scheduler_{{[this](std::function<void()> task) {
                          ++runs_;
                          task();
                          return absl::OkStatus();
                        },
                        [this] { return site(); }, [this] { return site(); }}};
  Ticker* ticker_ = nullptr;  // the one that is told of commits
};

INSTANTIATE_TEST_SUITE_P(Engines, TickerTest, testing::BothEngines(), testing::EngineName);

TEST_P(TickerTest, HandlesWhatIsDueOnce) {
  Set(3, -5);
  Set(2, 0);
  Set(4, 1);
  const std::unique_ptr<storage::Writer> writer = Writer();
  const std::unique_ptr<Ticker> ticker = Start(*writer);
  EXPECT_EQ(ticker->RunOnce(), 5);
  EXPECT_EQ(ticker->RunOnce(), 0);
  EXPECT_EQ(Rung(), 5);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM submission_clocks WHERE due_time IS NOT NULL"), 4);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records"), 5);
}

TEST_P(TickerTest, TakesALimitedNumberAtATime) {
  Set(Ticker::kRowsMax + 20, -5);
  const std::unique_ptr<storage::Writer> writer = Writer();
  const std::unique_ptr<Ticker> ticker = Start(*writer);
  EXPECT_EQ(ticker->RunOnce(), Ticker::kRowsMax);
  EXPECT_EQ(ticker->RunOnce(), 20);
}

// A row that cannot be handled stops nobody else, and is tried again.
TEST_P(TickerTest, OneThatFailsStopsNobody) {
  Set(3, -5);
  clocks_.broken = "schools/nancy/submissionClocks/-5.1";
  const std::unique_ptr<storage::Writer> writer = Writer();
  const std::unique_ptr<Ticker> ticker = Start(*writer);
  EXPECT_EQ(ticker->RunOnce(), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM submission_clocks WHERE due_time IS NOT NULL"), 1);
  EXPECT_EQ(ticker->RunOnce(), 0);
  clocks_.broken.clear();
  EXPECT_EQ(ticker->RunOnce(), 1);
  EXPECT_EQ(Rung(), 3);
}

// When the ticker looks is seen by rows that it is not told of.
TEST_P(TickerTest, LooksWhenTheNextRowIsDueAndNotBefore) {
  Set(1, 100);
  const std::unique_ptr<storage::Writer> writer = Writer();
  const std::unique_ptr<Ticker> ticker = Start(*writer);
  ticker->Begin();
  Pass(absl::ZeroDuration());
  Plant(*writer, 0);
  for (int i = 0; i < 99; ++i) Pass(absl::Seconds(1));
  EXPECT_EQ(Rung(), 0);
  Pass(absl::Seconds(1));
  EXPECT_EQ(Rung(), 2);
  Pass(Ticker::kTryAgain);
  Plant(*writer, 150);
  Pass(absl::Hours(24));
  EXPECT_EQ(Rung(), 2) << "nothing is due any more";
  ticker->LookAt("nancy");
  Pass(Ticker::kGather);
  EXPECT_EQ(Rung(), 3);
  ticker->End();
}

TEST_P(TickerTest, ACommitMovesTheTimeOfItsSchool) {
  const std::unique_ptr<storage::Writer> writer = Writer();
  const std::unique_ptr<Ticker> ticker = Start(*writer);
  ticker_ = ticker.get();
  ticker->Begin();
  Pass(absl::ZeroDuration());
  Plant(*writer, 0, "metz");
  const auto commit = [&](const std::string& id, absl::Time due) {
    return storage::Perform(*writer, "nancy",
                            [&](storage::Transaction& transaction, absl::Time now) -> absl::Status {
                              const security::Caller caller;
                              const rpc::Fetched none;
                              storage::Unit unit(transaction);
                              rpc::Call call(caller, now, unit, none);
                              SubmissionClock clock;
                              clock.set_name("schools/nancy/submissionClocks/" + id);
                              clock.mutable_due_time()->set_seconds(absl::ToUnixSeconds(due));
                              RETURN_IF_ERROR(clocks_.table.Insert(call, clock));
                              return unit.Apply({"test", "test", clock.name(), "", "", ""}, now);
                            });
  };
  ASSERT_EQ(commit("late", site() + absl::Seconds(100)), absl::OkStatus());
  Pass(Ticker::kGather);
  ASSERT_EQ(commit("soon", site() + absl::Seconds(10)), absl::OkStatus());
  Pass(Ticker::kGather);
  EXPECT_EQ(Rung(), 0);
  Pass(absl::Seconds(10));
  EXPECT_EQ(Rung(), 1) << "the one that was committed last is due first";
  Pass(absl::Seconds(90));
  EXPECT_EQ(Rung(), 2) << "and nobody looked at the other school";
  ticker->End();
  ticker_ = nullptr;
}

TEST_P(TickerTest, TriesAgainWhatFailed) {
  Set(1, -5);
  clocks_.broken = "schools/nancy/submissionClocks/-5.0";
  const std::unique_ptr<storage::Writer> writer = Writer();
  const std::unique_ptr<Ticker> ticker = Start(*writer);
  ticker->Begin();
  for (int i = 0; i < 3; ++i) Pass(Ticker::kTryAgain);
  EXPECT_EQ(Rung(), 0);
  clocks_.broken.clear();
  Pass(Ticker::kTryAgain);
  EXPECT_EQ(Rung(), 1);
  ticker->End();
}

class TickerReplicasTest : public TickerTest {};
INSTANTIATE_TEST_SUITE_P(Engines, TickerReplicasTest, ::testing::Values(storage::Engine::kPostgres),
                         testing::EngineName);

// Two processes find the same rows; each rings once.
TEST_P(TickerReplicasTest, TwoReplicasHandleEachRowOnce) {
  Set(80, -5);
  const std::unique_ptr<storage::Writer> first_writer = Writer(), second_writer = Writer();
  const std::unique_ptr<Ticker> first = Start(*first_writer), second = Start(*second_writer);
  std::thread other([&] { second->RunOnce(); });
  first->RunOnce();
  other.join();
  EXPECT_EQ(Rung(), 80);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records"), 80);
}

}  // namespace
}  // namespace vivier::follow
