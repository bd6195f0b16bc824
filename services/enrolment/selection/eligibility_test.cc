#include "services/enrolment/selection/eligibility.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/date.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;
using v1::EligibilityRule;
using v1::PersonClasses;

v1::Cohort CohortFrom(CivilDay start) {
  v1::Cohort cohort;
  *cohort.mutable_start_date() = ToDate(start);
  return cohort;
}

TEST(ClassesOf, TakesTheAgeBandOfTheFirstDay) {
  struct Row {
    CivilDay birth;
    PersonClasses::AgeBand band;
  };
  const Row rows[] = {{CivilDay(2001, 3, 2), PersonClasses::UNDER_26},
                      {CivilDay(2001, 3, 1), PersonClasses::FROM_26_TO_44},
                      {CivilDay(1982, 3, 2), PersonClasses::FROM_26_TO_44},
                      {CivilDay(1982, 3, 1), PersonClasses::FROM_45}};
  for (const Row& row : rows) {
    v1::Candidate candidate;
    *candidate.mutable_birth_date() = ToDate(row.birth);
    candidate.set_gender(PersonClasses::WOMAN);
    candidate.set_jobseeker(true);
    candidate.set_region_code("44");
    candidate.set_education_level(4);
    const PersonClasses classes = ClassesOf(candidate, CohortFrom(CivilDay(2027, 3, 1)));
    EXPECT_EQ(classes.age_band(), row.band) << row.birth;
    EXPECT_EQ(classes.gender(), PersonClasses::WOMAN);
    EXPECT_TRUE(classes.jobseeker());
    EXPECT_EQ(classes.region_code(), "44");
    EXPECT_EQ(classes.education_level(), 4);
  }
  EXPECT_EQ(ClassesOf({}, CohortFrom(CivilDay(2027, 3, 1))).age_band(),
            PersonClasses::AGE_BAND_UNSPECIFIED);
}

EligibilityRule RuleOf(EligibilityRule::Fact fact, int min, int max,
                       const std::vector<std::string>& values = {}) {
  EligibilityRule rule;
  rule.set_rule("a-rule");
  rule.set_fact(fact);
  rule.set_min(min);
  rule.set_max(max);
  for (const std::string& value : values) rule.add_values(value);
  return rule;
}

TEST(Assess, SaysWhichFactAndWhatIsNeeded) {
  v1::Candidate known;
  *known.mutable_birth_date() = ToDate(CivilDay(2000, 1, 1));
  known.set_jobseeker(true);
  known.set_region_code("44");
  known.set_education_level(4);
  const v1::Candidate unknown;
  struct Row {
    EligibilityRule rule;
    const v1::Candidate& candidate;
    bool satisfied;
    std::string value, needed;
  };
  const Row rows[] = {
      {RuleOf(EligibilityRule::AGE, 18, 0), known, true, "27", "at least 18"},
      {RuleOf(EligibilityRule::AGE, 28, 0), known, false, "27", "at least 28"},
      {RuleOf(EligibilityRule::AGE, 0, 26), known, false, "27", "at most 26"},
      {RuleOf(EligibilityRule::AGE, 27, 27), known, true, "27", "27 to 27"},
      {RuleOf(EligibilityRule::AGE, 0, 26), unknown, false, "", "at most 26"},
      {RuleOf(EligibilityRule::JOBSEEKER, 0, 0), known, true, "yes", "registered as a jobseeker"},
      {RuleOf(EligibilityRule::JOBSEEKER, 0, 0), unknown, false, "no", "registered as a jobseeker"},
      {RuleOf(EligibilityRule::REGION, 0, 0, {"44", "27"}), known, true, "44", "44, 27"},
      {RuleOf(EligibilityRule::REGION, 0, 0, {"11"}), known, false, "44", "11"},
      {RuleOf(EligibilityRule::EDUCATION_LEVEL, 0, 4), known, true, "4", "at most 4"},
      {RuleOf(EligibilityRule::EDUCATION_LEVEL, 0, 4), unknown, false, "", "at most 4"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    v1::Cohort cohort = CohortFrom(CivilDay(2027, 3, 1));
    *cohort.add_eligibility_rules() = row.rule;
    const auto findings = Assess(cohort, row.candidate, CivilDay(2027, 1, 15));
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].satisfied(), row.satisfied);
    EXPECT_EQ(findings[0].value(), row.value);
    EXPECT_EQ(findings[0].needed(), row.needed);
    EXPECT_EQ(DateText(findings[0].date()),
              row.rule.fact() == EligibilityRule::AGE ? "2027-03-01" : "2027-01-15");
  }
}

TEST(Assess, TakesTheRulesThatWereValidWhenTheApplicationCame) {
  v1::Cohort cohort = CohortFrom(CivilDay(2027, 3, 1));
  EligibilityRule& old_rule = *cohort.add_eligibility_rules() =
      RuleOf(EligibilityRule::JOBSEEKER, 0, 0);
  *old_rule.mutable_valid_until() = ToDate(CivilDay(2026, 12, 31));
  EligibilityRule& new_rule = *cohort.add_eligibility_rules() = RuleOf(EligibilityRule::AGE, 18, 0);
  *new_rule.mutable_valid_from() = ToDate(CivilDay(2027, 1, 1));
  const auto before = Assess(cohort, {}, CivilDay(2026, 12, 31));
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].fact(), EligibilityRule::JOBSEEKER);
  const auto after = Assess(cohort, {}, CivilDay(2027, 1, 1));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].fact(), EligibilityRule::AGE);
}

}  // namespace
}  // namespace vivier::enrolment
