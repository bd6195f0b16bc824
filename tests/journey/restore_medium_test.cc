// The operator's drills on both engines; restore_long_test.cc has twenty rounds.
#include "gtest/gtest.h"
#include "tests/journey/restore_drill.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

class Restore : public ::testing::TestWithParam<storage::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, Restore, BothEngines(), EngineName);

TEST_P(Restore, ElsewhereUnderLoad) { DrillRestoreElsewhere(GetParam(), 1); }

TEST_P(Restore, ALostVolume) {
  DrillLostVolume(GetParam(), absl::Milliseconds(500), absl::Seconds(10));
}

TEST_P(Restore, ABareCopyOfOneVolume) { DrillBareCopy(GetParam()); }

}  // namespace
}  // namespace vivier::testing
