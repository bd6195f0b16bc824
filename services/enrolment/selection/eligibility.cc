#include "services/enrolment/selection/eligibility.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/date.h"

namespace vivier::enrolment {

using v1::EligibilityRule;
using v1::PersonClasses;

int AgeOn(absl::CivilDay birth, absl::CivilDay day) {
  const int years = static_cast<int>(day.year() - birth.year());
  // 29 February of a common year normalises to 1 March.
  return absl::CivilDay(day.year(), birth.month(), birth.day()) <= day ? years : years - 1;
}

namespace {

PersonClasses::AgeBand BandOf(int age) {
  if (age < 26) return PersonClasses::UNDER_26;
  return age < 45 ? PersonClasses::FROM_26_TO_44 : PersonClasses::FROM_45;
}

bool IsValidOn(const EligibilityRule& rule, absl::CivilDay day) {
  return (!rule.has_valid_from() || ToCivil(rule.valid_from()) <= day) &&
         (!rule.has_valid_until() || day <= ToCivil(rule.valid_until()));
}

bool IsWithin(const EligibilityRule& rule, int number) {
  return (rule.min() == 0 || number >= rule.min()) && (rule.max() == 0 || number <= rule.max());
}

std::string NeededRange(const EligibilityRule& rule) {
  if (rule.min() > 0 && rule.max() > 0) return absl::StrCat(rule.min(), " to ", rule.max());
  if (rule.max() > 0) return absl::StrCat("at most ", rule.max());
  return absl::StrCat("at least ", rule.min());
}

void JudgeNumber(const EligibilityRule& rule, bool known, int number,
                 v1::EligibilityFinding& finding) {
  finding.set_needed(NeededRange(rule));
  if (known) finding.set_value(absl::StrCat(number));
  finding.set_satisfied(known && IsWithin(rule, number));
}

void JudgeRegion(const EligibilityRule& rule, const std::string& region,
                 v1::EligibilityFinding& finding) {
  finding.set_needed(absl::StrJoin(rule.values(), ", "));
  finding.set_value(region);
  finding.set_satisfied(std::find(rule.values().begin(), rule.values().end(), region) !=
                        rule.values().end());
}

v1::EligibilityFinding Judge(const EligibilityRule& rule, const v1::Cohort& cohort,
                             const v1::Candidate& candidate, absl::CivilDay submitted) {
  v1::EligibilityFinding finding;
  finding.set_rule(rule.rule());
  finding.set_fact(rule.fact());
  *finding.mutable_date() = ToDate(submitted);
  switch (rule.fact()) {
    case EligibilityRule::AGE: {
      const bool known = candidate.has_birth_date();
      const int age =
          known ? AgeOn(ToCivil(candidate.birth_date()), ToCivil(cohort.start_date())) : 0;
      *finding.mutable_date() = cohort.start_date();
      JudgeNumber(rule, known, age, finding);
      break;
    }
    case EligibilityRule::JOBSEEKER:
      finding.set_needed("registered as a jobseeker");
      finding.set_value(candidate.jobseeker() ? "yes" : "no");
      finding.set_satisfied(candidate.jobseeker());
      break;
    case EligibilityRule::REGION:
      JudgeRegion(rule, candidate.region_code(), finding);
      break;
    case EligibilityRule::EDUCATION_LEVEL:
      JudgeNumber(rule, candidate.education_level() > 0, candidate.education_level(), finding);
      break;
    default:  // a rule of a newer version: unknown facts satisfy nothing
      break;
  }
  return finding;
}

}  // namespace

PersonClasses ClassesOf(const v1::Candidate& candidate, const v1::Cohort& cohort) {
  PersonClasses classes;
  classes.set_gender(candidate.gender());
  if (candidate.has_birth_date())
    classes.set_age_band(
        BandOf(AgeOn(ToCivil(candidate.birth_date()), ToCivil(cohort.start_date()))));
  classes.set_jobseeker(candidate.jobseeker());
  classes.set_region_code(candidate.region_code());
  classes.set_education_level(candidate.education_level());
  return classes;
}

std::vector<v1::EligibilityFinding> Assess(const v1::Cohort& cohort, const v1::Candidate& candidate,
                                           absl::CivilDay submitted) {
  std::vector<v1::EligibilityFinding> findings;
  for (const EligibilityRule& rule : cohort.eligibility_rules())
    if (IsValidOn(rule, submitted)) findings.push_back(Judge(rule, cohort, candidate, submitted));
  return findings;
}

}  // namespace vivier::enrolment
