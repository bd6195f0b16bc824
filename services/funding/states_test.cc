// The diagrams of states.h and its rows are one and the same.
#include "services/funding/states.h"

#include "gtest/gtest.h"
#include "tests/support/state_diagram.h"

namespace vivier::funding {
namespace {

using testing::ReadDiagram;
using testing::ReadSource;
using testing::RowsOf;
using v1::Invoice;
using v1::Reservation;

TEST(States, DiagramsEqualTheirRows) {
  const std::string text = ReadSource("services/funding/states.h");
  EXPECT_EQ(ReadDiagram(text, "Invoice"),
            RowsOf(kInvoiceTransitions, [](auto state) { return Invoice::State_Name(state); }));
  EXPECT_EQ(ReadDiagram(text, "Reservation"), RowsOf(kReservationTransitions, [](auto state) {
              return Reservation::State_Name(state);
            }));
}

// Every state is reached, and what is asked in no state is a misspelt act.
TEST(States, AreReachedAndLeft) {
  for (const char* act : {"IssueInvoice", "GatherInvoice", "RecordPayment"}) {
    EXPECT_TRUE(MayDo(kInvoiceTransitions, Invoice::DRAFT, act) ||
                MayDo(kInvoiceTransitions, Invoice::ISSUED, act))
        << act;
    EXPECT_FALSE(MayDo(kInvoiceTransitions, Invoice::PAID, act)) << act;
  }
  for (const char* act : {"LearnerEnrolled", "SeatReleased"}) {
    EXPECT_TRUE(MayDo(kReservationTransitions, Reservation::RESERVED, act)) << act;
    EXPECT_FALSE(MayDo(kReservationTransitions, Reservation::RELEASED, act)) << act;
    EXPECT_FALSE(MayDo(kReservationTransitions, Reservation::REFUSED, act)) << act;
  }
}

}  // namespace
}  // namespace vivier::funding
