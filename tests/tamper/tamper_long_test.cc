// The same with many rows of each table, and each outcome counted: of a column that follows from
// something in some states only, some changes are found and some are not.
#include <cstdio>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/tamper/lived_in.h"

namespace vivier::testing {
namespace {

constexpr uint32_t kSeed = 20261130;
constexpr int kChangesMax = 12;

class TamperLongTest : public ::testing::TestWithParam<storage::Engine> {};

TEST_P(TamperLongTest, CountsWhatIsFound) {
  World world(GetParam());
  Snapshot admitted;
  LiveIn(world, admitted);
  world.Stop();
  StoppedSite site(world);
  ASSERT_THAT(site.FoundInTruth(), ::testing::IsEmpty());
  Tampering tampering(site, kSeed, kChangesMax, Tampering::Until::kAll);
  for (const std::string& service : site.services()) {
    const std::vector<Verdict> verdicts = tampering.Run(service, admitted);
    std::printf("%s", Report(verdicts).c_str());
    EXPECT_THAT(Missed(verdicts), ::testing::IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, TamperLongTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
