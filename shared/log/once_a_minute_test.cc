#include "shared/log/once_a_minute.h"

#include "gtest/gtest.h"

namespace vivier {
namespace {

TEST(OnceAMinuteTest, SaysHowManyTimesSinceTheLastLine) {
  const absl::Time begin = absl::FromUnixSeconds(1'800'000'000);
  OnceAMinute line;
  EXPECT_EQ(line.Due(begin), 1u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(line.Due(begin + absl::Seconds(10 * i)), std::nullopt);
  EXPECT_EQ(line.Due(begin + absl::Seconds(59.999)), std::nullopt);
  EXPECT_EQ(line.Due(begin + absl::Minutes(1)), 6u);
  EXPECT_EQ(line.Due(begin + absl::Minutes(1)), std::nullopt);
  EXPECT_EQ(line.Due(begin + absl::Minutes(5)), 2u);
}

}  // namespace
}  // namespace vivier
