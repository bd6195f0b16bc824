#include "services/enrolment/people/identity.h"

#include <algorithm>
#include <set>

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
  if (!candidate.has_birth_date()) return facts;
  for (const std::string& name :
       NameKeys(absl::StrCat(candidate.family_name(), "\n", candidate.given_name())))
    if (!name.empty())
      facts.push_back({"person", "candidates.person",
                       absl::StrCat(name, "\t", DateText(candidate.birth_date()))});
  return facts;
}

Sameness Compare(const Candidate& one, const Candidate& other) {
  const std::vector<IdentityFact> known = IdentityOf(other);
  std::set<absl::string_view> equal;  // kinds: a name may be compared by several keys
  for (const IdentityFact& fact : IdentityOf(one))
    if (std::any_of(known.begin(), known.end(),
                    [&fact](const IdentityFact& same) { return same.text == fact.text; }))
      equal.insert(fact.kind);
  if (equal.empty()) return Sameness::kDifferent;
  return equal.size() == 2 ? Sameness::kSame : Sameness::kLikely;
}

}  // namespace vivier::enrolment
