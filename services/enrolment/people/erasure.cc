// Erasure: asked for, or due by retention. The rows stay, by names that lead nowhere; the person's
// keys go, here and wherever they are followed (shared/storage/log/erasure.h):
//
//   EraseCandidate ─▶ PersonErased     every key but that of proof
//                         └─ KeptProof, where a rule keeps proof
//                                └─ its last day is over ─▶ ProofErased     the key of proof
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/enrolment/people/people.h"
#include "services/enrolment/people/retention.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {
namespace {

using rpc::Call;
using v1::Candidate;

constexpr char kPersonErased[] = "PERSON_ERASED";

bool IsErased(Call& call, const std::string& key) {
  return ReasonOf(call.unit().KeyOf(key, false).status()) == kPersonErased;
}

std::string KeptProofName(const std::string& school, const std::string& candidate) {
  return absl::StrCat("schools/", school, "/keptProofs/", IdOf(candidate));
}

}  // namespace

// Who is kept by a rule alone is found by nobody who has no reason to name.
absl::StatusOr<Candidate> People::GetCandidate(Call& call, const v1::GetCandidateRequest& request) {
  ASSIGN_OR_RETURN(std::optional<Candidate> candidate, candidates_.Find(call, request.name()));
  if (!candidate.has_value() || IsErased(call, request.name()))
    return rpc::Missing(call, request.name());
  return *std::move(candidate);
}

absl::Status People::CheckNotErased(Call& call, const std::string& name) {
  return IsErased(call, name) ? storage::PersonErased(name, true) : absl::OkStatus();
}

absl::StatusOr<v1::Erasure> People::EraseCandidate(Call& call,
                                                   const v1::EraseCandidateRequest& request) {
  if (!IsErased(call, request.name()))
    RETURN_IF_ERROR(candidates_.Get(call, request.name(), request.etag()).status());
  return Erase(call, request.name(), request.cause());
}

absl::StatusOr<v1::Erasure> People::Erase(Call& call, const std::string& name,
                                          v1::ErasureCause cause) {
  if (IsErased(call, name))
    return Error(absl::StatusCode::kFailedPrecondition, kPersonErased,
                 "the person was erased before", {{"person", name}});
  v1::PersonErased event;
  event.set_candidate(name);
  event.add_persons(name);
  RETURN_IF_ERROR(erasing.Run(call, event));
  RETURN_IF_ERROR(OnPersonErased(call, event));
  RETURN_IF_ERROR(call.Emit(event));
  v1::Erasure erasure;
  erasure.set_candidate(event.candidate());
  *erasure.mutable_persons() = event.persons();
  *erasure.mutable_kept() = event.kept();
  erasure.set_cause(cause);
  *erasure.mutable_decide_time() = ToTimestamp(call.time());
  return erasure;
}

// What is personal here and encrypted by no key: by what the person would be known again.
absl::Status People::OnPersonErased(Call& call, const v1::PersonErased& event) {
  RETURN_IF_ERROR(keys_.Forget(call, event.candidate()));
  RETURN_IF_ERROR(erased.Run(call, event));
  RETURN_IF_ERROR(KeepProof(call, event));
  ASSIGN_OR_RETURN(std::optional<Candidate> candidate, candidates_.Find(call, event.candidate()));
  if (!candidate.has_value() || !candidate->has_erase_by()) return absl::OkStatus();
  candidate->clear_erase_by();
  return candidates_.Update(call, *candidate);
}

// A list may tell of the end of the proof before it tells of the erasure.
absl::Status People::KeepProof(Call& call, const v1::PersonErased& event) {
  if (event.kept().empty() || IsErased(call, storage::ProofOf(event.candidate())))
    return absl::OkStatus();
  v1::KeptProof proof;
  proof.set_name(KeptProofName(call.school(), event.candidate()));
  ASSIGN_OR_RETURN(const std::optional<v1::KeptProof> known, proofs_.Find(call, proof.name()));
  if (known.has_value()) return absl::OkStatus();
  proof.set_candidate(event.candidate());
  const absl::CivilDay last = LastDayOf(event.kept());
  *proof.mutable_end_date() = ToDate(last);
  ASSIGN_OR_RETURN(const absl::Time end, call.StartOf(last + 1));
  *proof.mutable_end_time() = ToTimestamp(end);
  return proofs_.Insert(call, proof);
}

absl::Status People::EraseProof(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const v1::KeptProof proof, proofs_.Get(call, name));
  if (ToTime(proof.end_time()) > call.time()) return absl::OkStatus();
  v1::ProofErased event;
  event.set_candidate(proof.candidate());
  event.set_proof(storage::ProofOf(proof.candidate()));
  event.add_persons(event.proof());
  RETURN_IF_ERROR(OnProofErased(call, event));
  return call.Emit(event);
}

// Nothing of the file opens any more. What names the person stays, and is counted.
absl::Status People::OnProofErased(Call& call, const v1::ProofErased& event) {
  const std::string name = KeptProofName(call.school(), event.candidate());
  ASSIGN_OR_RETURN(const std::optional<v1::KeptProof> proof, proofs_.Find(call, name));
  if (proof.has_value()) RETURN_IF_ERROR(proofs_.Delete(call, name));
  ASSIGN_OR_RETURN(const std::optional<Candidate> candidate,
                   candidates_.Find(call, event.candidate()));
  return candidate.has_value() ? candidates_.Delete(call, event.candidate()) : absl::OkStatus();
}

absl::Status People::SetEraseBy(Call& call, Candidate& candidate) {
  ASSIGN_OR_RETURN(absl::CivilDay today, call.Today());
  ASSIGN_OR_RETURN(absl::Time erase_by, call.StartOf(EraseOn(today)));
  *candidate.mutable_erase_by() = ToTimestamp(erase_by);
  return absl::OkStatus();
}

absl::Status People::RestartRetention(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<Candidate> candidate, candidates_.Find(call, name));
  if (!candidate.has_value() || !candidate->has_erase_by()) return absl::OkStatus();
  const google::protobuf::Timestamp before = candidate->erase_by();
  RETURN_IF_ERROR(SetEraseBy(call, *candidate));
  return ToTime(before) == ToTime(candidate->erase_by()) ? absl::OkStatus()
                                                         : candidates_.Update(call, *candidate);
}

absl::Status People::EraseUnsuccessful(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Candidate candidate, candidates_.Get(call, name));
  if (!candidate.has_erase_by() || ToTime(candidate.erase_by()) > call.time())
    return absl::OkStatus();
  bool was_trained = false;
  RETURN_IF_ERROR(trained.Run(call, name, was_trained));
  if (was_trained) {
    candidate.clear_erase_by();
    return candidates_.Update(call, candidate);
  }
  absl::Status status = Erase(call, name, v1::RETENTION_OVER).status();
  if (ReasonOf(status) != v1::Reason_Name(v1::PERSON_NEEDED)) return status;
  RETURN_IF_ERROR(SetEraseBy(call, candidate));  // an application waits for its decision
  return candidates_.Update(call, candidate);
}

}  // namespace vivier::enrolment
