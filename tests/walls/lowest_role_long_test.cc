// The lowest roles ask what costs most, 64 callers at once, of a site of 1.5 million rows, straight
// and through the edge: honest callers wait little longer than before, none of them is refused, and
// nobody dies.
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/walls/lowest_role.h"

namespace vivier::testing {
namespace {

class LowestRoleLong : public ::testing::TestWithParam<storage::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, LowestRoleLong, BothEngines(), EngineName);

TEST_P(LowestRoleLong, StopsNobodyAmongAMillionRows) {
  Besiege({GetParam(), 1'500'000, absl::Seconds(8), 5.0});
}

}  // namespace
}  // namespace vivier::testing
