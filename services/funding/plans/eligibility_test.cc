#include "services/funding/plans/eligibility.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace vivier::funding {
namespace {

using enrolment::v1::PersonClasses;
using v1::EligibilityFinding;

struct Row {
  const char* what;
  bool jobseeker;
  const char* region;
  PersonClasses::AgeBand age;
  int level;
  std::vector<std::pair<EligibilityFinding::Rule, std::string>> expected;
};
const Row kRows[] = {
    {"satisfies all", true, "44", PersonClasses::UNDER_26, 4, {}},
    {"second region", true, "27", PersonClasses::UNDER_26, 1, {}},
    {"has a job",
     false,
     "44",
     PersonClasses::UNDER_26,
     4,
     {{EligibilityFinding::JOBSEEKER, "not registered"}}},
    {"lives elsewhere",
     true,
     "11",
     PersonClasses::UNDER_26,
     4,
     {{EligibilityFinding::REGION, "11"}}},
    {"too old", true, "44", PersonClasses::FROM_45, 4, {{EligibilityFinding::AGE_BAND, "FROM_45"}}},
    {"too learned",
     true,
     "44",
     PersonClasses::UNDER_26,
     5,
     {{EligibilityFinding::EDUCATION_LEVEL, "5"}}},
    {"unknown",
     false,
     "",
     PersonClasses::AGE_BAND_UNSPECIFIED,
     0,
     {{EligibilityFinding::JOBSEEKER, "not registered"},
      {EligibilityFinding::REGION, "unknown"},
      {EligibilityFinding::AGE_BAND, "unknown"},
      {EligibilityFinding::EDUCATION_LEVEL, "unknown"}}},
};

TEST(Ineligibility, NamesRuleAndFact) {
  v1::FundingAgreement agreement;
  agreement.set_name("schools/nancy/fundingAgreements/region");
  v1::EligibilityRule& rule = *agreement.mutable_eligibility_rule();
  rule.set_jobseeker_required(true);
  rule.add_region_codes("44");
  rule.add_region_codes("27");
  rule.add_age_bands(PersonClasses::UNDER_26);
  rule.set_education_level_max(4);
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    PersonClasses classes;
    classes.set_jobseeker(row.jobseeker);
    classes.set_region_code(row.region);
    classes.set_age_band(row.age);
    classes.set_education_level(row.level);
    const std::vector<EligibilityFinding> findings = Ineligibility(agreement, classes);
    ASSERT_EQ(findings.size(), row.expected.size());
    for (size_t i = 0; i < findings.size(); ++i) {
      EXPECT_EQ(findings[i].funding_agreement(), agreement.name());
      EXPECT_EQ(findings[i].rule(), row.expected[i].first);
      EXPECT_EQ(findings[i].fact(), row.expected[i].second);
      EXPECT_FALSE(findings[i].required().empty());
    }
  }
  EXPECT_TRUE(Ineligibility(v1::FundingAgreement(), PersonClasses()).empty())
      << "an empty rule asks nothing";
}

}  // namespace
}  // namespace vivier::funding
