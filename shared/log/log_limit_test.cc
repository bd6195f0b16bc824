#include "shared/log/log_limit.h"

#include "gtest/gtest.h"

namespace vivier {
namespace {

constexpr absl::Time kMinute = absl::FromUnixSeconds(1'800'000'000);  // begins one

TEST(LogLimitTest, SaysHowManyLinesWereLeftOut) {
  LogLimit limit(2);
  EXPECT_EQ(limit.Enter(kMinute), 0u);
  EXPECT_EQ(limit.Enter(kMinute), 0u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.Enter(kMinute), std::nullopt);
  EXPECT_EQ(limit.Enter(kMinute + absl::Seconds(1)), 5u);
  EXPECT_EQ(limit.Enter(kMinute + absl::Seconds(1)), 0u);
  EXPECT_EQ(limit.Enter(kMinute + absl::Seconds(1)), std::nullopt);
}

TEST(LogLimitTest, CountsByAnotherSpan) {
  LogLimit limit(1, absl::Minutes(1));
  EXPECT_EQ(limit.Enter(kMinute), 0u);
  for (int i = 1; i < 60; ++i) EXPECT_EQ(limit.Enter(kMinute + absl::Seconds(i)), std::nullopt);
  EXPECT_EQ(limit.Enter(kMinute + absl::Minutes(1)), 59u);
  EXPECT_EQ(limit.Enter(kMinute + absl::Minutes(1)), std::nullopt);
  EXPECT_EQ(limit.Enter(kMinute + absl::Minutes(5)), 1u);
}

}  // namespace
}  // namespace vivier
