#include "services/enrolment/people/people.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/people/invariants.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/service/standard.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Candidate;

namespace {

constexpr int kFirstYearOfBirth = 1900;

// Whoever has nothing but the session of a link corrects their own file and is told of nobody else.
bool IsTold(const security::Caller& caller) {
  return std::any_of(caller.roles.begin(), caller.roles.end(),
                     [](const std::string& role) { return !absl::StartsWith(role, "session:"); });
}

absl::Status CheckIsNew(const std::string& known) {
  if (known.empty()) return absl::OkStatus();
  return Refused(v1::DUPLICATE_PERSON,
                 "somebody with this e-mail address, or this name and birth date, is known",
                 {{"candidate", known}});
}

}  // namespace

void People::AddTo(rpc::Service& service) {
  service.Standard(candidates_)
      .On(*this, &People::CreateCandidate)
      .On(*this, &People::GetCandidate)
      .On(*this, &People::UpdateCandidate)
      .On(*this, &People::EraseCandidate)
      .Keeps(proofs_)
      .React(*this, &People::OnPersonErased)
      .React(*this, &People::OnProofErased)
      .Tick(*this, &People::EraseUnsuccessful, candidates_, "erase_by")
      .Tick(*this, &People::EraseProof, proofs_, "end_time");
  keys_.AddTo(service);
  AddProofInvariants(service);
}

absl::Status People::CheckBirthDate(Call& call, const Candidate& candidate) {
  if (!candidate.has_birth_date()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  const google::type::Date& date = candidate.birth_date();
  if (IsDate(date) && date.year() >= kFirstYearOfBirth && ToCivil(date) <= today)
    return absl::OkStatus();
  return InvalidField("candidate.birth_date",
                      absl::StrCat("is no date from ", kFirstYearOfBirth, " to today"));
}

absl::Status People::Add(Call& call, Candidate& candidate) {
  *candidate.mutable_create_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(SetEraseBy(call, candidate));
  // An id that was used is taken, whoever had it and whoever asks.
  if (!CheckNotErased(call, candidate.name()).ok()) return AlreadyExists(candidate.name());
  RETURN_IF_ERROR(candidates_.Insert(call, candidate));
  return keys_.Add(call, candidate);
}

absl::StatusOr<Candidate> People::CreateCandidate(Call& call,
                                                  const v1::CreateCandidateRequest& request) {
  Candidate candidate = request.candidate();
  candidate.set_name(absl::StrCat(request.parent(), "/candidates/", request.candidate_id()));
  RETURN_IF_ERROR(CheckBirthDate(call, candidate));
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, keys_.Of(call, candidate));
  ASSIGN_OR_RETURN(const std::string known, keys_.HolderOf(call, keys));
  if (!request.confirmed_distinct()) RETURN_IF_ERROR(CheckIsNew(known));
  RETURN_IF_ERROR(Add(call, candidate));
  return candidate;
}

absl::StatusOr<Candidate> People::UpdateCandidate(Call& call,
                                                  const v1::UpdateCandidateRequest& request) {
  const std::string& name = request.candidate().name();
  ASSIGN_OR_RETURN(const std::optional<Candidate> before, candidates_.Find(call, name));
  if (!before.has_value()) return rpc::Missing(call, name);
  RETURN_IF_ERROR(CheckNotErased(call, name));
  RETURN_IF_ERROR(candidates_.schema().CheckEtag(*before, request.candidate().etag()));
  Candidate after = *before;
  RETURN_IF_ERROR(rpc::ApplyUpdate(request, request.candidate(), after));
  RETURN_IF_ERROR(CheckBirthDate(call, after));
  ASSIGN_OR_RETURN(const std::string known, keys_.KnownByChange(call, *before, after));
  if (!request.confirmed_distinct() && IsTold(call.caller())) RETURN_IF_ERROR(CheckIsNew(known));
  RETURN_IF_ERROR(keys_.Keep(call, after));
  RETURN_IF_ERROR(candidates_.Update(call, after));
  return after;
}

}  // namespace vivier::enrolment
