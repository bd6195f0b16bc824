// Erasure: asked for, or due by retention. The rows stay, by names that lead nowhere; the person's
// keys go, here and wherever he is followed (shared/storage/log/erasure.h).
#include "services/enrolment/dates.h"
#include "services/enrolment/enrolment.h"
#include "services/enrolment/retention.h"

namespace vivier::enrolment {
namespace {

constexpr char kPersonErased[] = "PERSON_ERASED";

}  // namespace

using v1::Application;
using v1::Candidate;
using v1::Learner;

absl::StatusOr<v1::Erasure> Enrolment::EraseCandidate(Call& call,
                                                      const v1::EraseCandidateRequest& request) {
  ASSIGN_OR_RETURN(Candidate candidate, candidates_.Get(call, request.name(), request.etag()));
  return Erase(call, candidate.name(), request.cause());
}

absl::StatusOr<v1::Erasure> Enrolment::Erase(Call& call, const std::string& name,
                                             v1::ErasureCause cause) {
  if (ReasonOf(call.unit().KeyOf(name, false).status()) == kPersonErased)
    return Error(absl::StatusCode::kFailedPrecondition, kPersonErased,
                 "the person was erased before", {{"person", name}});
  ASSIGN_OR_RETURN(std::vector<Application> applications,
                   applications_.Select(call, "candidate = $2 ORDER BY name", {name}));
  ASSIGN_OR_RETURN(std::vector<Learner> learners,
                   learners_.Select(call, "candidate = $2 ORDER BY name", {name}));
  ASSIGN_OR_RETURN(absl::CivilDay today, DayOf(call, call.time()));
  RETURN_IF_ERROR(CheckErasure(applications, learners, today));
  v1::PersonErased event;
  event.set_candidate(name);
  event.add_persons(name);
  for (const Learner& learner : learners) event.add_persons(learner.name());
  RETURN_IF_ERROR(OnPersonErased(call, event));
  RETURN_IF_ERROR(call.Emit(event));
  v1::Erasure erasure;
  erasure.set_candidate(event.candidate());
  *erasure.mutable_persons() = event.persons();
  erasure.set_cause(cause);
  *erasure.mutable_decide_time() = ToTimestamp(call.time());
  return erasure;
}

// What is personal here and sealed by no key: by what the person would be known again.
absl::Status Enrolment::OnPersonErased(Call& call, const v1::PersonErased& event) {
  ASSIGN_OR_RETURN(std::vector<v1::CandidateKey> keys,
                   candidate_keys_.Select(call, "candidate = $2", {event.candidate()}));
  for (const v1::CandidateKey& key : keys)
    RETURN_IF_ERROR(candidate_keys_.Delete(call, key.name()));
  RETURN_IF_ERROR(access_.ForgetPerson(call, event.candidate()));
  ASSIGN_OR_RETURN(std::optional<Candidate> candidate, candidates_.Find(call, event.candidate()));
  if (!candidate.has_value() || !candidate->has_erase_by()) return absl::OkStatus();
  candidate->clear_erase_by();
  return candidates_.Update(call, *candidate);
}

absl::Status Enrolment::KeepUntilRetention(Call& call, Candidate& candidate) {
  ASSIGN_OR_RETURN(absl::CivilDay today, DayOf(call, call.time()));
  *candidate.mutable_erase_by() = ToTimestamp(absl::FromCivil(EraseOn(today), absl::UTCTimeZone()));
  return absl::OkStatus();
}

absl::Status Enrolment::Decided(Call& call, const Application& application) {
  ASSIGN_OR_RETURN(std::optional<Candidate> candidate,
                   candidates_.Find(call, application.candidate()));
  if (!candidate.has_value() || !candidate->has_erase_by()) return absl::OkStatus();
  const google::protobuf::Timestamp before = candidate->erase_by();
  RETURN_IF_ERROR(KeepUntilRetention(call, *candidate));
  return ToTime(before) == ToTime(candidate->erase_by()) ? absl::OkStatus()
                                                         : candidates_.Update(call, *candidate);
}

absl::Status Enrolment::EraseUnsuccessful(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Candidate candidate, candidates_.Get(call, name));
  if (!candidate.has_erase_by() || ToTime(candidate.erase_by()) > call.time())
    return absl::OkStatus();
  ASSIGN_OR_RETURN(int64_t learners, learners_.Count(call, "candidate = $2", {name}));
  if (learners > 0) {
    candidate.clear_erase_by();
    return candidates_.Update(call, candidate);
  }
  absl::Status erased = Erase(call, name, v1::RETENTION_OVER).status();
  if (ReasonOf(erased) != v1::Reason_Name(v1::PERSON_NEEDED)) return erased;
  RETURN_IF_ERROR(KeepUntilRetention(call, candidate));  // an application waits for its decision
  return candidates_.Update(call, candidate);
}

}  // namespace vivier::enrolment
