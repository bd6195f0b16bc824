#include "services/enrolment/selection/rules.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using v1::Application;
using v1::Cohort;

Cohort OpenCohort() {
  Cohort cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  cohort.set_state(Cohort::OPEN);
  cohort.set_capacity(1);
  return cohort;
}

Application ApplicationOf(Application::State state, int rank) {
  Application application;
  application.set_cohort("schools/nancy/cohorts/ai-1");
  application.set_name(absl::StrCat(application.cohort(), "/applications/a-", rank));
  application.set_state(state);
  application.set_rank(rank);
  return application;
}

TEST(Rank, ContinuesAfterThoseNotListed) {
  std::vector<Application> listed = {ApplicationOf(Application::SUBMITTED, 0),
                                     ApplicationOf(Application::SHORTLISTED, 9)};
  ASSERT_TRUE(Rank(OpenCohort(), 4, absl::MakeSpan(listed)).ok());
  EXPECT_EQ(listed[0].rank(), 5);
  EXPECT_EQ(listed[1].rank(), 6);
  EXPECT_EQ(listed[0].state(), Application::SHORTLISTED);
}

TEST(Rank, RefusesWithoutChange) {
  struct Row {
    std::vector<Application::State> states;
    bool twice, rules, assessed, satisfied;
    std::string reason;
  };
  const Row rows[] = {
      {{Application::SUBMITTED, Application::WAITLISTED},
       false,
       false,
       false,
       false,
       "NOT_RANKABLE"},
      {{Application::SUBMITTED, Application::REJECTED}, false, false, false, false, "NOT_RANKABLE"},
      {{Application::SUBMITTED}, true, false, false, false, "NOT_RANKABLE"},
      {{Application::SUBMITTED}, false, true, false, false, "NOT_ASSESSED"},
      {{Application::SUBMITTED}, false, true, true, false, "NOT_ELIGIBLE"},
      {{Application::SUBMITTED}, false, true, true, true, ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    Cohort cohort = OpenCohort();
    if (row.rules) cohort.add_eligibility_rules()->set_rule("age");
    std::vector<Application> listed;
    for (Application::State state : row.states) {
      listed.push_back(ApplicationOf(state, static_cast<int>(listed.size()) + 100));
      if (row.assessed) listed.back().mutable_assess_time();
      if (row.assessed) listed.back().add_findings()->set_satisfied(row.satisfied);
    }
    if (row.twice) listed.push_back(listed.front());
    EXPECT_EQ(ReasonOf(Rank(cohort, 0, absl::MakeSpan(listed))), row.reason);
    EXPECT_EQ(listed.front().rank(), row.reason.empty() ? 1 : 100);
  }
}

}  // namespace
}  // namespace vivier::enrolment
