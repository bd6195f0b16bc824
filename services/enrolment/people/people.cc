#include "services/enrolment/people/people.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/enrolment/people/identity.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Candidate;
using v1::CandidateKey;

namespace {

absl::Status CheckBirthDate(const Candidate& candidate) {
  if (!candidate.has_birth_date() || IsDate(candidate.birth_date())) return absl::OkStatus();
  return InvalidField("candidate.birth_date", "is no date");
}

}  // namespace

void People::AddTo(rpc::Service& service) {
  service
      .Standard(candidates_,
                rpc::BeforeStore<Candidate>([this](Call& call, const Candidate*, Candidate& after) {
                  return KeepKeys(call, after);
                }))
      .On(*this, &People::CreateCandidate)
      .On(*this, &People::EraseCandidate)
      .Keeps(keys_)
      .React(*this, &People::OnPersonErased)
      .Tick(*this, &People::EraseUnsuccessful, candidates_, "erase_by");
}

absl::StatusOr<std::vector<std::string>> People::KeysOf(Call& call, const Candidate& candidate) {
  const std::string prefix = absl::StrCat("schools/", call.school(), "/candidateKeys/");
  std::vector<std::string> keys;
  for (const IdentityFact& fact : IdentityOf(candidate)) {
    ASSIGN_OR_RETURN(std::string index, call.unit().BlindIndex(fact.purpose, fact.text));
    keys.push_back(absl::StrCat(prefix, fact.kind, "-", index));
  }
  return keys;
}

absl::StatusOr<std::string> People::KnownAs(Call& call, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(std::optional<CandidateKey> known, keys_.Find(call, key));
    if (known.has_value()) return known->candidate();
  }
  return std::string();
}

absl::Status People::Add(Call& call, Candidate& candidate, const std::vector<std::string>& keys) {
  *candidate.mutable_create_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(SetEraseBy(call, candidate));
  RETURN_IF_ERROR(candidates_.Insert(call, candidate));
  return AddKeys(call, candidate.name(), keys);
}

absl::Status People::AddKeys(Call& call, const std::string& candidate,
                             const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(std::optional<CandidateKey> known, keys_.Find(call, key));
    if (known.has_value()) continue;
    CandidateKey row;
    row.set_name(key);
    row.set_candidate(candidate);
    RETURN_IF_ERROR(keys_.Insert(call, row));
  }
  return absl::OkStatus();
}

// Somebody who corrects their own file is not told who else is known, so a key that is another's
// stays that other's.
absl::Status People::KeepKeys(Call& call, const Candidate& after) {
  RETURN_IF_ERROR(CheckBirthDate(after));
  ASSIGN_OR_RETURN(std::vector<std::string> keys, KeysOf(call, after));
  ASSIGN_OR_RETURN(std::vector<CandidateKey> old,
                   keys_.Select(call, "candidate = $2", {after.name()}));
  for (const CandidateKey& key : old)
    if (std::find(keys.begin(), keys.end(), key.name()) == keys.end())
      RETURN_IF_ERROR(keys_.Delete(call, key.name()));
  return AddKeys(call, after.name(), keys);
}

absl::StatusOr<Candidate> People::CreateCandidate(Call& call,
                                                  const v1::CreateCandidateRequest& request) {
  Candidate candidate = request.candidate();
  candidate.set_name(absl::StrCat(request.parent(), "/candidates/", request.candidate_id()));
  RETURN_IF_ERROR(CheckBirthDate(candidate));
  ASSIGN_OR_RETURN(std::vector<std::string> keys, KeysOf(call, candidate));
  ASSIGN_OR_RETURN(std::string known, KnownAs(call, keys));
  if (!known.empty() && !request.confirmed_distinct())
    return Refused(v1::DUPLICATE_PERSON,
                   "somebody with this e-mail address, or this name and birth date, is known",
                   {{"candidate", known}});
  RETURN_IF_ERROR(Add(call, candidate, keys));
  return candidate;
}

}  // namespace vivier::enrolment
