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
  EXPECT_THAT(text, HasSubstr("rpc_requests_total{code=\"OK\",method=\"AdmitApplication\",service=\"Enrolment\"} 2"));
  EXPECT_THAT(text, HasSubstr("code=\"FAILED_PRECONDITION\",method=\"AdmitApplication\",service=\"Enrolment\"} 1"));
  EXPECT_THAT(text, HasSubstr("code=\"UNKNOWN\",method=\"AdmitApplication\",service=\"Enrolment\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("code=\"NOT_FOUND\"")));  // what never happened is not a series
  EXPECT_THAT(
      text, HasSubstr("rpc_duration_seconds_bucket{method=\"AdmitApplication\",service=\"Enrolment\",le=\"5e-05\"} 1"));
  EXPECT_THAT(text, HasSubstr("rpc_duration_seconds_count{method=\"AdmitApplication\",service=\"Enrolment\"} 4"));
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
  EXPECT_THAT(metrics::Text(), HasSubstr("code=\"ABORTED\",method=\"Reserve\",service=\"Funding\"} 4000"));
}

TEST(Metrics, TheSameLabelsAreTheSameSeries) {
  metrics::Writer first("curriculum"), second("curriculum");
  EXPECT_EQ(&first.batch_size, &second.batch_size);
  first.batch_size.Observe(3);
  second.queue_depth.Set(7);
  metrics::Cache("catalogue").hits.Increment();
  metrics::FollowerLag("funding", "enrolment").Set(5);
  const std::string text = metrics::Text();
  EXPECT_THAT(text, HasSubstr("group_commit_batch_size_bucket{service=\"curriculum\",le=\"4\"} 1"));
  EXPECT_THAT(text, HasSubstr("writer_queue_depth{service=\"curriculum\"} 7"));
  EXPECT_THAT(text, HasSubstr("cache_reads_total{cache=\"catalogue\",result=\"hit\"} 1"));
  EXPECT_THAT(text, HasSubstr("follower_lag_events{service=\"funding\",source=\"enrolment\"} 5"));
}

}  // namespace
}  // namespace vivier::rpc
