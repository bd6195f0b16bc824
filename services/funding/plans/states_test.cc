// The diagram of states.h and its rows are one and the same.
#include "services/funding/plans/states.h"

#include "gtest/gtest.h"
#include "tests/support/state_diagram.h"

namespace vivier::funding {
namespace {

using testing::ReadDiagram;
using testing::ReadSource;
using testing::RowsOf;
using v1::Reservation;

TEST(States, DiagramEqualsItsRows) {
  EXPECT_EQ(
      ReadDiagram(ReadSource("services/funding/plans/states.h"), "Reservation"),
      RowsOf(kReservationTransitions, [](auto state) { return Reservation::State_Name(state); }));
}

// Every state is reached, and what is asked in no state is a misspelt act.
TEST(States, AreReachedAndLeft) {
  for (const char* act : {"LearnerEnrolled", "SeatReleased"}) {
    EXPECT_TRUE(MayDo(kReservationTransitions, Reservation::RESERVED, act)) << act;
    EXPECT_FALSE(MayDo(kReservationTransitions, Reservation::RELEASED, act)) << act;
    EXPECT_FALSE(MayDo(kReservationTransitions, Reservation::REFUSED, act)) << act;
  }
}

}  // namespace
}  // namespace vivier::funding
