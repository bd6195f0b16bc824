// Ticks: every row that is due is handled once, by however many processes.
#include "shared/follow/ticker.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
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

  // Clocks that ring `seconds` after now.
  void Set(int count, int64_t seconds) {
    const std::unique_ptr<storage::Connection> connection =
        *database_->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    for (int i = 0; i < count; ++i)
      ASSERT_EQ(
          connection->Send(
              "INSERT INTO submission_clocks (school, name, version, revision, due_time) VALUES "
              "('nancy', $1, "
              "1, 0, $2)",
              {storage::Value(absl::StrCat("schools/nancy/submissionClocks/", seconds, ".", i)),
               storage::Value(absl::ToUnixMicros(kNow + absl::Seconds(seconds)))}),
          absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }

  std::unique_ptr<storage::Writer> Writer() {
    storage::Writer::Options options;
    options.now = [] { return kNow; };
    return *storage::Writer::Start(*database_, nullptr, options, {});
  }

  std::unique_ptr<Ticker> Start(storage::Writer& writer) {
    return std::make_unique<Ticker>(Ticker::Options{
        &service_, {"nancy"}, &writer, &readers_, [] { return kNow; }, absl::InfiniteDuration()});
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
  EXPECT_EQ(Number("SELECT CAST(SUM(revision) AS BIGINT) FROM submission_clocks"), 5);
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
  EXPECT_EQ(Number("SELECT CAST(SUM(revision) AS BIGINT) FROM submission_clocks"), 3);
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
  EXPECT_EQ(Number("SELECT CAST(SUM(revision) AS BIGINT) FROM submission_clocks"), 80);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records"), 80);
}

}  // namespace
}  // namespace vivier::follow
