// The lowest roles ask what costs most, 64 callers at once, of a smaller site: what becomes of each
// call, and not how long it takes.
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/walls/lowest_role.h"

namespace vivier::testing {
namespace {

class LowestRole : public ::testing::TestWithParam<storage::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, LowestRole, BothEngines(), EngineName);

TEST_P(LowestRole, StopsNobody) { Besiege({GetParam(), 30'000, absl::Seconds(1), std::nullopt}); }

}  // namespace
}  // namespace vivier::testing
