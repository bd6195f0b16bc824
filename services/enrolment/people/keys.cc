#include "services/enrolment/people/keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/security/school_key.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Candidate;
using v1::CandidateKey;

namespace {

// Of the row that has this fact, under each of the school's keys, the current one first.
absl::StatusOr<std::vector<std::string>> NamesOf(Call& call, const IdentityFact& fact) {
  const security::SchoolKey* keys = call.unit().transaction().school_key();
  if (keys == nullptr) return Internal("this process holds no school key");
  std::vector<std::string> names;
  for (const std::string& index : keys->BlindIndexes(fact.purpose, fact.text))
    names.push_back(
        absl::StrCat("schools/", call.school(), "/candidateKeys/", fact.kind, "-", index));
  return names;
}

// The name without the id of who waits; a blind index has no dot.
std::string HeldName(const std::string& name) {
  return name.substr(0, name.find('.', name.rfind('/')));
}

std::string WaitingName(const std::string& held, const std::string& candidate) {
  return absl::StrCat(held, ".", IdOf(candidate));
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CandidateKeys::Of(Call& call, const Candidate& candidate) {
  std::vector<std::string> keys;
  for (const IdentityFact& fact : IdentityOf(candidate)) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOf(call, fact));
    keys.insert(keys.end(), names.begin(), names.end());
  }
  return keys;
}

absl::StatusOr<std::string> CandidateKeys::HolderOf(Call& call,
                                                    const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(std::optional<CandidateKey> known, keys_.Find(call, name));
    if (known.has_value()) return known->candidate();
  }
  return std::string();
}

absl::StatusOr<std::string> CandidateKeys::KnownByChange(Call& call, const Candidate& before,
                                                         const Candidate& after) {
  ASSIGN_OR_RETURN(const std::vector<std::string> said, Of(call, before));
  ASSIGN_OR_RETURN(std::vector<std::string> names, Of(call, after));
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&said](const std::string& name) { return Has(said, name); }),
              names.end());
  return HolderOf(call, names);
}

absl::Status CandidateKeys::Add(Call& call, const Candidate& candidate) {
  for (const IdentityFact& fact : IdentityOf(candidate)) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOf(call, fact));
    std::string name = names.front();
    for (const std::string& held : names) {
      ASSIGN_OR_RETURN(const std::optional<CandidateKey> known, keys_.Find(call, held));
      if (!known.has_value()) continue;
      name = known->candidate() == candidate.name() ? "" : WaitingName(held, candidate.name());
      break;
    }
    if (name.empty()) continue;
    ASSIGN_OR_RETURN(const std::optional<CandidateKey> waits, keys_.Find(call, name));
    if (waits.has_value()) continue;
    CandidateKey key;
    key.set_name(name);
    key.set_candidate(candidate.name());
    RETURN_IF_ERROR(keys_.Insert(call, key));
  }
  return absl::OkStatus();
}

absl::Status CandidateKeys::Keep(Call& call, const Candidate& after) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Of(call, after));
  RETURN_IF_ERROR(Release(call, after.name(), names));
  return Add(call, after);
}

absl::Status CandidateKeys::Forget(Call& call, const std::string& candidate) {
  return Release(call, candidate, {});
}

// All is read before anything is stored.
absl::Status CandidateKeys::Release(Call& call, const std::string& candidate,
                                    const std::vector<std::string>& kept) {
  ASSIGN_OR_RETURN(std::vector<CandidateKey> keys,
                   keys_.Select(call, "candidate = $2", {candidate}));
  std::vector<std::pair<CandidateKey, std::optional<CandidateKey>>> released;
  for (CandidateKey& key : keys) {
    if (Has(kept, HeldName(key.name()))) continue;
    // '/' is the character after '.'
    ASSIGN_OR_RETURN(std::optional<CandidateKey> next,
                     keys_.First(call, "name > $2 AND name < $3 ORDER BY name",
                                 {key.name() + ".", key.name() + "/"}));
    released.emplace_back(std::move(key), std::move(next));
  }
  for (auto& [key, next] : released) {
    if (!next.has_value()) {
      RETURN_IF_ERROR(keys_.Delete(call, key.name()));
      continue;
    }
    RETURN_IF_ERROR(keys_.Delete(call, next->name()));
    key.set_candidate(next->candidate());
    RETURN_IF_ERROR(keys_.Update(call, key));
  }
  return absl::OkStatus();
}

// Rows are renamed one by one in the order of their names, so who holds a key before who waits for
// it. Whoever finds it held by nobody, because its holder went in between, holds it.
absl::Status CandidateKeys::Rename(Call& call, const CandidateKey& key) {
  const storage::Rows<Candidate> candidates;
  ASSIGN_OR_RETURN(const std::optional<Candidate> candidate,
                   candidates.Find(call, key.candidate()));
  for (const IdentityFact& fact :
       candidate.has_value() ? IdentityOf(*candidate) : std::vector<IdentityFact>()) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOf(call, fact));
    if (!Has(names, HeldName(key.name()))) continue;
    if (HeldName(key.name()) == names.front()) return absl::OkStatus();
    RETURN_IF_ERROR(keys_.Delete(call, key.name()));
    return Add(call, *candidate);
  }
  return keys_.Delete(call, key.name());
}

}  // namespace vivier::enrolment
