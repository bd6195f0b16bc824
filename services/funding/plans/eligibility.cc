#include "services/funding/plans/eligibility.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace vivier::funding {
namespace {

using enrolment::v1::PersonClasses;
using v1::EligibilityFinding;

std::string OrUnknown(const std::string& fact) { return fact.empty() ? "unknown" : fact; }

std::string BandNames(const v1::EligibilityRule& rule) {
  return absl::StrJoin(rule.age_bands(), ", ", [](std::string* out, int band) {
    out->append(PersonClasses::AgeBand_Name(static_cast<PersonClasses::AgeBand>(band)));
  });
}

template <class Container, class Value>
bool AsksAndMisses(const Container& allowed, const Value& value) {
  return !allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end();
}

}  // namespace

std::vector<EligibilityFinding> Ineligibility(const v1::FundingAgreement& agreement,
                                              const PersonClasses& classes) {
  std::vector<EligibilityFinding> findings;
  auto add = [&](EligibilityFinding::Rule which, const std::string& required,
                 const std::string& fact) {
    EligibilityFinding& finding = findings.emplace_back();
    finding.set_funding_agreement(agreement.name());
    finding.set_rule(which);
    finding.set_required(required);
    finding.set_fact(fact);
  };
  const v1::EligibilityRule& rule = agreement.eligibility_rule();
  if (rule.jobseeker_required() && !classes.jobseeker())
    add(EligibilityFinding::JOBSEEKER, "registered jobseeker", "not registered");
  if (AsksAndMisses(rule.region_codes(), classes.region_code()))
    add(EligibilityFinding::REGION, absl::StrJoin(rule.region_codes(), ", "),
        OrUnknown(classes.region_code()));
  if (AsksAndMisses(rule.age_bands(), static_cast<int>(classes.age_band()))) {
    const bool known = classes.age_band() != PersonClasses::AGE_BAND_UNSPECIFIED;
    add(EligibilityFinding::AGE_BAND, BandNames(rule),
        known ? PersonClasses::AgeBand_Name(classes.age_band()) : "unknown");
  }
  const int level = classes.education_level();
  if (rule.education_level_max() > 0 && (level == 0 || level > rule.education_level_max()))
    add(EligibilityFinding::EDUCATION_LEVEL, absl::StrCat("at most ", rule.education_level_max()),
        level == 0 ? "unknown" : absl::StrCat(level));
  return findings;
}

}  // namespace vivier::funding
