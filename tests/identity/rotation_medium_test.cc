// Certificates renewed every three seconds under load, half a minute long: no call fails, although none of them is good
// for so long that a process could do without the renewed ones.
#include <iostream>

#include "gtest/gtest.h"
#include "tests/identity/rotation.h"

namespace vivier::testing {
namespace {

TEST(Rotation, NoCallFailsWhileCertificatesAreRenewed) {
  const Rotation rotation = RotateUnderLoad(absl::Seconds(3), /*life=*/absl::Seconds(12), absl::Seconds(27));
  std::cout << rotation.renewals << " renewals, " << rotation.calls << " calls over connections that last, "
            << rotation.connections << " over one of their own, " << rotation.failures << " failures\n";
  EXPECT_EQ(rotation.failures, 0);
  EXPECT_GE(rotation.renewals, 5);
  EXPECT_GT(rotation.calls, 500);
  EXPECT_GT(rotation.connections, 100);
}

}  // namespace
}  // namespace vivier::testing
