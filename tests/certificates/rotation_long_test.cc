// Certificates renewed every minute under load, ten minutes long, each good for two: no call fails,
// on connections that outlive their certificates' renewal, on such as the server ends in that time
// for their age, and on new ones.
#include "gtest/gtest.h"
#include "tests/certificates/rotation.h"

namespace vivier::testing {
namespace {

TEST(Rotation, NoCallFailsInTenMinutes) {
  const Rotation rotation =
      RotateUnderLoad(absl::Minutes(1), /*life=*/absl::Minutes(2), absl::Minutes(10));
  EXPECT_EQ(rotation.failures, 0);
  EXPECT_EQ(rotation.renewals, 10);
  EXPECT_GT(rotation.calls, 15'000);
  EXPECT_GT(rotation.connections, 3'000);
}

}  // namespace
}  // namespace vivier::testing
