// The diagram of transitions.h, its rows and what the rules do are one and the same.
#include "services/enrolment/cohorts/transitions.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/cohorts/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::enrolment {
namespace {

using v1::Cohort;

std::set<std::string> Rows() {
  return testing::RowsOf(kCohortTransitions, [](auto state) { return Cohort::State_Name(state); });
}

TEST(CohortTransitions, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/enrolment/cohorts/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "Cohort"), Rows());
}

TEST(CohortTransitions, TheRulesMoveCohortsAsTheRowsSay) {
  // The check of a standard method gives a new cohort its state.
  std::set<std::string> done = {"new CreateCohort DRAFT"};
  for (int number = 1; number < Cohort::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<Cohort::State>(number);
    for (const char* act : {"CreateCohort", "OpenCohort", "StartCohort", "FinishCohort"}) {
      Cohort cohort;
      cohort.set_state(state);
      const absl::Status moved = MoveCohort(act, cohort);
      if (moved.ok()) {
        done.insert(absl::StrCat(Cohort::State_Name(state), " ", act, " ",
                                 Cohort::State_Name(cohort.state())));
        continue;
      }
      EXPECT_EQ(ReasonOf(moved), "WRONG_STATE");
      EXPECT_EQ(cohort.state(), state);
    }
  }
  EXPECT_EQ(done, Rows());
}

}  // namespace
}  // namespace vivier::enrolment
