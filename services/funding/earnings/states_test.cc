// The diagram of states.h and its rows are one and the same.
#include "services/funding/earnings/states.h"

#include "gtest/gtest.h"
#include "tests/support/state_diagram.h"

namespace vivier::funding {
namespace {

using v1::Finding;

TEST(FindingStates, DiagramEqualsItsRows) {
  EXPECT_EQ(
      testing::ReadDiagram(testing::ReadSource("services/funding/earnings/states.h"), "Finding"),
      testing::RowsOf(kFindingTransitions, [](auto state) { return Finding::State_Name(state); }));
}

// What is closed stays closed, and the event is spelt as it is called.
TEST(FindingStates, OpenOnceAndCloseOnce) {
  constexpr char kSealed[] = "AttendanceSheetSealed";
  EXPECT_EQ(StateAfter(kFindingTransitions, Finding::STATE_UNSPECIFIED, kSealed), Finding::OPEN);
  EXPECT_EQ(StateAfter(kFindingTransitions, Finding::OPEN, kSealed), Finding::CLOSED);
  EXPECT_EQ(StateAfter(kFindingTransitions, Finding::CLOSED, kSealed), std::nullopt);
}

}  // namespace
}  // namespace vivier::funding
