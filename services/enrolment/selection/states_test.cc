#include "services/enrolment/selection/states.h"

#include "gtest/gtest.h"

namespace vivier::enrolment {
namespace {

using v1::Application;

TEST(States, EachIsBeforePlayInPlayOrEnded) {
  for (int number = Application::SUBMITTED; number <= Application::State_MAX; ++number) {
    const auto state = static_cast<Application::State>(number);
    const int is = (state == Application::SUBMITTED) + IsInPlay(state) + HasEnded(state);
    EXPECT_EQ(is, 1) << Application::State_Name(state);
    EXPECT_LE(IsHeld(state) + IsTaken(state), IsInPlay(state)) << Application::State_Name(state);
  }
}

TEST(States, SqlNamesThoseOfTheFunction) {
  EXPECT_EQ(WhereState(IsHeld),
            "CASE state WHEN 'FUNDING_PENDING' THEN 1 WHEN 'AWAITING_FUNDING' THEN 1 "
            "ELSE 0 END = 1");
  EXPECT_EQ(WhereState(IsTaken, "a.state"),
            "CASE a.state WHEN 'ADMITTED' THEN 1 WHEN 'ACCEPTED' THEN 1 ELSE 0 END = 1");
}

}  // namespace
}  // namespace vivier::enrolment
