// The diagram of states.h, its rows and the rule that asks them are one and the same.
#include "services/funding/funders/states.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/funding/funders/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::funding {
namespace {

using v1::FundingAgreement;

std::set<std::string> Rows() {
  return testing::RowsOf(kFundingAgreementTransitions,
                         [](auto state) { return FundingAgreement::State_Name(state); });
}

TEST(AgreementStates, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/funding/funders/states.h");
  EXPECT_EQ(testing::ReadDiagram(text, "FundingAgreement"), Rows());
}

TEST(AgreementStates, TheRuleMovesAgreementsAsTheRowsSay) {
  std::set<std::string> done;
  for (int number = 0; number < FundingAgreement::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<FundingAgreement::State>(number);
    for (const char* act : {"CreateFundingAgreement", "AmendFundingAgreement", "CreateFundingPlan",
                            "Reserve", "CloseFundingAgreement"}) {
      FundingAgreement agreement;
      agreement.set_state(state);
      const absl::Status moved = MoveAgreement(act, agreement);
      if (moved.ok()) {
        done.insert(absl::StrCat(number == 0 ? "new" : FundingAgreement::State_Name(state), " ",
                                 act, " ", FundingAgreement::State_Name(agreement.state())));
        continue;
      }
      EXPECT_EQ(ReasonOf(moved), "AGREEMENT_CLOSED");
      EXPECT_EQ(agreement.state(), state);
    }
  }
  EXPECT_EQ(done, Rows());
}

}  // namespace
}  // namespace vivier::funding
