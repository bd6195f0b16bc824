// The diagram of transitions.h and its rows are the same, and the rules ask the rows.
#include "services/enrolment/learners/transitions.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "services/enrolment/learners/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::enrolment {
namespace {

using v1::Learner;

TEST(LearnerTransitions, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/enrolment/learners/transitions.h");
  EXPECT_EQ(
      testing::ReadDiagram(text, "Learner"),
      testing::RowsOf(kLearnerTransitions, [](auto state) { return Learner::State_Name(state); }));
}

TEST(LearnerTransitions, ALearnerLeavesUntilTheirEnd) {
  v1::Cohort cohort;
  cohort.mutable_start_date()->set_year(2026);
  cohort.mutable_start_date()->set_month(9);
  cohort.mutable_start_date()->set_day(7);
  *cohort.mutable_end_date() = cohort.start_date();
  std::set<std::string> may;
  for (int number = 1; number < Learner::State_ARRAYSIZE; ++number) {
    Learner learner;
    learner.set_state(static_cast<Learner::State>(number));
    const absl::Status exit = CheckExit(cohort, learner, cohort.end_date());
    EXPECT_EQ(ReasonOf(exit), exit.ok() ? "" : "ALREADY_ENDED");
    if (exit.ok()) may.insert(Learner::State_Name(learner.state()));
  }
  EXPECT_EQ(may, (std::set<std::string>{"ENROLLED", "IN_TRAINING"}));
}

}  // namespace
}  // namespace vivier::enrolment
