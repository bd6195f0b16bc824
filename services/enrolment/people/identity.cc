#include "services/enrolment/people/identity.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/unicode.h"
#include "shared/security/school_key.h"

namespace vivier::enrolment {

using v1::Candidate;

std::vector<IdentityFact> IdentityOf(const Candidate& candidate) {
  std::vector<IdentityFact> facts;
  if (!candidate.email().empty())
    facts.push_back({"email", "candidates.email", security::NormalizeForIndex(candidate.email())});
  const std::string name =
      NameKey(absl::StrCat(candidate.family_name(), " ", candidate.given_name()));
  if (candidate.has_birth_date() && !name.empty())
    facts.push_back({"person", "candidates.person",
                     absl::StrCat(name, "\t", DateText(candidate.birth_date()))});
  return facts;
}

Sameness Compare(const Candidate& one, const Candidate& other) {
  const std::vector<IdentityFact> known = IdentityOf(other);
  size_t equal = 0;
  for (const IdentityFact& fact : IdentityOf(one))
    equal += std::any_of(known.begin(), known.end(),
                         [&fact](const IdentityFact& same) { return same.text == fact.text; })
                 ? 1
                 : 0;
  if (equal == 0) return Sameness::kDifferent;
  return equal == 2 ? Sameness::kSame : Sameness::kLikely;
}

}  // namespace vivier::enrolment
