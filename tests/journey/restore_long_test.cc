// The operator's drills on both engines, twenty rounds each.
#include "gtest/gtest.h"
#include "tests/journey/restore_drill.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

constexpr int kRounds = 20;

class RestoreLong : public ::testing::TestWithParam<storage::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, RestoreLong, BothEngines(), EngineName);

TEST_P(RestoreLong, ElsewhereUnderLoad) {
  for (int seed = 0; seed < kRounds; ++seed) DrillRestoreElsewhere(GetParam(), seed);
}

}  // namespace
}  // namespace vivier::testing
