#include "shared/rpc/metrics.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vivier::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, AnRpcCountsByCodeAndTime) {
  metrics::Rpc rpc("Enrolment", "AdmitApplication");
  rpc.Record(absl::StatusCode::kOk, absl::Microseconds(40));
  rpc.Record(absl::StatusCode::kOk, absl::Milliseconds(30));
  rpc.Record(absl::StatusCode::kFailedPrecondition, absl::Milliseconds(3));
  rpc.Record(static_cast<absl::StatusCode>(99), absl::Milliseconds(3));
  const std::string text = metrics::Text();
  EXPECT_THAT(text, HasSubstr("vivier_rpc_requests_total{code=\"OK\",method=\"AdmitApplication\","
                              "service=\"Enrolment\"} 2"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "code=\"FAILED_PRECONDITION\",method=\"AdmitApplication\",service=\"Enrolment\"} 1"));
  EXPECT_THAT(text,
              HasSubstr("code=\"UNKNOWN\",method=\"AdmitApplication\",service=\"Enrolment\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("code=\"NOT_FOUND\"")));  // what never happened is not a series
  EXPECT_THAT(text, HasSubstr("vivier_rpc_duration_seconds_bucket{method=\"AdmitApplication\","
                              "service=\"Enrolment\",le=\"5e-05\"} 1"));
  EXPECT_THAT(text, HasSubstr("vivier_rpc_duration_seconds_count{method=\"AdmitApplication\","
                              "service=\"Enrolment\"} 4"));
}

TEST(Metrics, ManyThreadsLoseNoCount) {
  metrics::Rpc rpc("Funding", "Reserve");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) rpc.Record(absl::StatusCode::kAborted, absl::ZeroDuration());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics::Text(),
              HasSubstr("code=\"ABORTED\",method=\"Reserve\",service=\"Funding\"} 4000"));
}

TEST(Metrics, TheSameLabelsAreTheSameSeries) {
  metrics::Writer first("curriculum"), second("curriculum");
  EXPECT_EQ(&first.batch_size, &second.batch_size);
  first.batch_size.Observe(3);
  metrics::InvariantViolations("funding", "nancy", "I2").Set(5);
  const std::string text = metrics::Text();
  EXPECT_THAT(
      text, HasSubstr("vivier_group_commit_batch_size_bucket{service=\"curriculum\",le=\"4\"} 1"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "vivier_invariant_violations{invariant=\"I2\",school=\"nancy\",service=\"funding\"} 5"));
}

// What counts from nought can be seen to rise.
TEST(Metrics, AlarmsAreThereBeforeTheFirst) {
  metrics::ReadBudgetAlarms("spent");
  EXPECT_THAT(metrics::Text(), HasSubstr("vivier_read_budget_alarms_total{what=\"half spent\"} 0"));
}

}  // namespace
}  // namespace vivier::rpc
