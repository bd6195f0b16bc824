#include "services/enrolment/learners/rules.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;
using v1::Learner;

TEST(CheckExit, FollowsTheTable) {
  const CivilDay start(2027, 3, 1), end(2027, 9, 30);
  const struct {
    Learner::State state;
    CivilDay day;
    std::string reason;
  } rows[] = {
      {Learner::IN_TRAINING, start, ""},
      {Learner::IN_TRAINING, end, ""},
      {Learner::IN_TRAINING, start - 1, "WRONG_DATE"},
      {Learner::IN_TRAINING, end + 1, "WRONG_DATE"},
      // Who has not begun may leave before the first day.
      {Learner::ENROLLED, start - 30, ""},
      {Learner::ENROLLED, end, ""},
      {Learner::ENROLLED, end + 1, "WRONG_DATE"},
      {Learner::FINISHED, end, "ALREADY_ENDED"},
      {Learner::LEFT, start, "ALREADY_ENDED"},
      {Learner::LEFT, end + 1, "ALREADY_ENDED"},
  };
  v1::Cohort cohort;
  *cohort.mutable_start_date() = ToDate(start);
  *cohort.mutable_end_date() = ToDate(end);
  for (const auto& row : rows) {
    Learner learner;
    learner.set_state(row.state);
    EXPECT_EQ(ReasonOf(CheckExit(cohort, learner, ToDate(row.day))), row.reason)
        << Learner::State_Name(row.state) << " " << row.day;
  }
}

TEST(CheckExit, NeedsADate) {
  v1::Cohort cohort;
  *cohort.mutable_start_date() = ToDate(CivilDay(2027, 3, 1));
  *cohort.mutable_end_date() = ToDate(CivilDay(2027, 9, 30));
  google::type::Date date = ToDate(CivilDay(2027, 4, 30));
  date.set_day(31);
  Learner learner;
  for (const Learner::State state : {Learner::ENROLLED, Learner::IN_TRAINING}) {
    learner.set_state(state);
    EXPECT_EQ(ReasonOf(CheckExit(cohort, learner, date)), "INVALID_FIELD");
    EXPECT_EQ(ReasonOf(CheckExit(cohort, learner, {})), "INVALID_FIELD");
  }
}

}  // namespace
}  // namespace vivier::enrolment
