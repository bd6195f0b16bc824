// The diagram of states.h and its rows are one and the same.
#include "services/funding/invoices/states.h"

#include "gtest/gtest.h"
#include "tests/support/state_diagram.h"

namespace vivier::funding {
namespace {

using testing::ReadDiagram;
using testing::ReadSource;
using testing::RowsOf;
using v1::Invoice;

TEST(States, DiagramEqualsItsRows) {
  EXPECT_EQ(ReadDiagram(ReadSource("services/funding/invoices/states.h"), "Invoice"),
            RowsOf(kInvoiceTransitions, [](auto state) { return Invoice::State_Name(state); }));
}

// Every state is reached, and what is asked in no state is a misspelt act.
TEST(States, AreReachedAndLeft) {
  for (const char* act : {"IssueInvoice", "GatherInvoice", "RecordPayment"}) {
    EXPECT_TRUE(MayDo(kInvoiceTransitions, Invoice::DRAFT, act) ||
                MayDo(kInvoiceTransitions, Invoice::ISSUED, act))
        << act;
    EXPECT_FALSE(MayDo(kInvoiceTransitions, Invoice::PAID, act)) << act;
  }
}

}  // namespace
}  // namespace vivier::funding
