// Certificates renewed every three seconds under load, half a minute long: no call fails, although
// none of them is good for so long that a process could do without the renewed ones.
#include "gtest/gtest.h"
#include "tests/certificates/rotation.h"

namespace vivier::testing {
namespace {

TEST(Rotation, NoCallFailsWhileCertificatesAreRenewed) {
  const Rotation rotation =
      RotateUnderLoad(absl::Seconds(3), /*life=*/absl::Seconds(15), absl::Seconds(30));
  EXPECT_EQ(rotation.failures, 0);
  EXPECT_GE(rotation.renewals, 5);
  EXPECT_GT(rotation.calls, 500);
  EXPECT_GT(rotation.connections, 100);
}

}  // namespace
}  // namespace vivier::testing
