// Erasure: asked for, or due by retention. The rows stay, by names that lead nowhere; the person's
// keys go, here and wherever they are followed (shared/storage/log/erasure.h).
#include "services/enrolment/people/people.h"
#include "services/enrolment/people/retention.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {
namespace {

constexpr char kPersonErased[] = "PERSON_ERASED";

}  // namespace

using rpc::Call;
using v1::Candidate;

absl::StatusOr<v1::Erasure> People::EraseCandidate(Call& call,
                                                   const v1::EraseCandidateRequest& request) {
  ASSIGN_OR_RETURN(Candidate candidate, candidates_.Get(call, request.name(), request.etag()));
  return Erase(call, candidate.name(), request.cause());
}

absl::StatusOr<v1::Erasure> People::Erase(Call& call, const std::string& name,
                                          v1::ErasureCause cause) {
  if (ReasonOf(call.unit().KeyOf(name, false).status()) == kPersonErased)
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
  erasure.set_cause(cause);
  *erasure.mutable_decide_time() = ToTimestamp(call.time());
  return erasure;
}

// What is personal here and encrypted by no key: by what the person would be known again.
absl::Status People::OnPersonErased(Call& call, const v1::PersonErased& event) {
  ASSIGN_OR_RETURN(std::vector<v1::CandidateKey> keys,
                   keys_.Select(call, "candidate = $2", {event.candidate()}));
  for (const v1::CandidateKey& key : keys) RETURN_IF_ERROR(keys_.Delete(call, key.name()));
  RETURN_IF_ERROR(erased.Run(call, event));
  ASSIGN_OR_RETURN(std::optional<Candidate> candidate, candidates_.Find(call, event.candidate()));
  if (!candidate.has_value() || !candidate->has_erase_by()) return absl::OkStatus();
  candidate->clear_erase_by();
  return candidates_.Update(call, *candidate);
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
