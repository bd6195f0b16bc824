#include "services/enrolment/selection/eligibility.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/date.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"
#include "shared/rules/enum.h"

namespace vivier::enrolment {

using v1::EligibilityRule;
using v1::PersonClasses;

namespace {

const rules::Table& Eligibility() {
  static const rules::Table& table = rules::Need("R-eligibility");
  return table;
}

PersonClasses::AgeBand BandOf(int age, absl::CivilDay day) {
  static const rules::Decision& decision = rules::Need(Eligibility(), "age_band");
  const rules::Answer answer =
      rules::Decide(Eligibility(), decision,
                    rules::Facts(Eligibility()).With("age", rules::Value::Integer(age)), day);
  PersonClasses::AgeBand band = PersonClasses::AGE_BAND_UNSPECIFIED;
  PersonClasses::AgeBand_Parse(answer.Get("age_band").text(), &band);
  return band;
}

// How the table has a rule about that fact judged; no answer for a fact of a newer version.
rules::Answer HowToJudge(EligibilityRule::Fact fact, absl::CivilDay day) {
  static const rules::Decision& decision = rules::Need(Eligibility(), "fact");
  return rules::Decide(Eligibility(), decision,
                       rules::Facts(Eligibility()).With("fact", rules::Named(fact)), day);
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

// Age or level; nullopt where it is not known.
std::optional<int> NumberOf(EligibilityRule::Fact fact, const v1::Candidate& candidate,
                            absl::CivilDay day) {
  if (fact == EligibilityRule::AGE && candidate.has_birth_date())
    return AgeOn(ToCivil(candidate.birth_date()), day);
  if (fact == EligibilityRule::EDUCATION_LEVEL && candidate.education_level() > 0)
    return candidate.education_level();
  return std::nullopt;
}

v1::EligibilityFinding Judge(const EligibilityRule& rule, const v1::Cohort& cohort,
                             const v1::Candidate& candidate, absl::CivilDay submitted) {
  v1::EligibilityFinding finding;
  finding.set_rule(rule.rule());
  finding.set_fact(rule.fact());
  *finding.mutable_date() = ToDate(submitted);
  const rules::Answer how = HowToJudge(rule.fact(), submitted);
  if (!how) return finding;  // unknown facts satisfy nothing
  if (how.Get("read_on").text() == "FIRST_DAY") *finding.mutable_date() = cohort.start_date();
  const std::string& judged = how.Get("judged").text();
  if (judged == "RANGE") {
    const std::optional<int> number = NumberOf(rule.fact(), candidate, ToCivil(finding.date()));
    JudgeNumber(rule, number.has_value(), number.value_or(0), finding);
  } else if (judged == "LIST") {
    JudgeRegion(rule, candidate.region_code(), finding);
  } else {
    finding.set_needed(how.Get("needed").text());
    finding.set_value(candidate.jobseeker() ? "yes" : "no");
    finding.set_satisfied(candidate.jobseeker());
  }
  return finding;
}

}  // namespace

PersonClasses ClassesOf(const v1::Candidate& candidate, const v1::Cohort& cohort) {
  PersonClasses classes;
  classes.set_gender(candidate.gender());
  const absl::CivilDay start = ToCivil(cohort.start_date());
  if (candidate.has_birth_date())
    classes.set_age_band(BandOf(AgeOn(ToCivil(candidate.birth_date()), start), start));
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
