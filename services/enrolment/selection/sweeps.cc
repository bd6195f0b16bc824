#include "services/enrolment/selection/sweeps.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/selection/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/uuid.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Application;
using v1::Sweep;

namespace {

// What nobody may read any more tells nobody why it was decided.
bool IsErased(Call& call, const std::string& person) {
  return ReasonOf(call.unit().KeyOf(person, false).status()) == "PERSON_ERASED";
}

storage::Value Microseconds(const google::protobuf::Timestamp& time) {
  return absl::ToUnixMicros(ToTime(time));
}

// Keeps the first `count`; whether there were more.
bool Truncate(size_t count, std::vector<Application>& applications) {
  if (applications.size() <= count) return false;
  applications.resize(count);
  return true;
}

}  // namespace

void Sweeps::AddTo(rpc::Service& service) {
  service.Keeps(sweeps_).Tick(*this, &Sweeps::Step, sweeps_, "due_time");
}

absl::StatusOr<Sweep> Sweeps::NewSweep(Call& call, const std::string& cohort,
                                       Sweep::Kind kind) const {
  Sweep sweep;
  sweep.set_cohort(cohort);
  sweep.set_kind(kind);
  sweep.set_decided_by(call.caller().subject);
  *sweep.mutable_due_time() = ToTimestamp(call.time());
  if (kind != Sweep::REJECT_SUBMITTED) return sweep;
  // What earlier rankings left out is theirs, with their reason.
  ASSIGN_OR_RETURN(std::optional<Sweep> before,
                   sweeps_.First(call,
                                 "cohort = $2 AND submitted_until IS NOT NULL "
                                 "ORDER BY submitted_until DESC",
                                 {cohort}));
  *sweep.mutable_submitted_after() =
      before.has_value() ? before->submitted_until() : ToTimestamp(absl::UnixEpoch());
  *sweep.mutable_submitted_until() = ToTimestamp(call.time());
  return sweep;
}

absl::StatusOr<std::vector<Application>> Sweeps::Submitted(Call& call, const Sweep& sweep,
                                                           int count) const {
  return applications_.FirstOf(
      call, count,
      "cohort = $2 AND state = 'SUBMITTED' AND create_time > $3 AND create_time <= $4 "
      "ORDER BY create_time, name",
      {sweep.cohort(), Microseconds(sweep.submitted_after()),
       Microseconds(sweep.submitted_until())});
}

absl::Status Sweeps::MarkRejected(Call& call, const std::string& cohort,
                                  std::vector<Application>& listed) const {
  ASSIGN_OR_RETURN(const Sweep next, NewSweep(call, cohort, Sweep::REJECT_SUBMITTED));
  for (Application& application : listed)
    if (application.state() == Application::SUBMITTED &&
        ToTime(application.create_time()) <= ToTime(next.submitted_after()))
      application.set_state(Application::REJECTED);
  return absl::OkStatus();
}

absl::StatusOr<Sweeps::Others> Sweeps::FindOthers(Call& call, const std::string& cohort,
                                                  const std::vector<Application>& listed) const {
  absl::flat_hash_set<std::string> names;
  for (const Application& application : listed) names.insert(application.name());
  Others others;
  ASSIGN_OR_RETURN(Sweep sweep, NewSweep(call, cohort, Sweep::REJECT_SUBMITTED));
  ASSIGN_OR_RETURN(std::vector<Application> submitted,
                   Submitted(call, sweep, kStepRows + 1 + static_cast<int>(names.size())));
  for (Application& application : submitted)
    if (!names.contains(application.name())) others.first.push_back(std::move(application));
  others.rest = std::move(sweep);
  if (Truncate(kStepRows, others.first))
    others.rest.set_name(NameIn(call.school(), "sweeps", RandomUuid()));
  return others;
}

absl::Status Sweeps::Reject(Call& call, const std::string& reason, Others& others) {
  others.rest.set_decision_reason(reason);
  for (Application& application : others.first)
    RETURN_IF_ERROR(RejectOne(call, others.rest, application));
  return others.rest.name().empty() ? absl::OkStatus() : sweeps_.Insert(call, others.rest);
}

absl::Status Sweeps::ExpireWaiting(Call& call, const std::string& cohort) {
  ASSIGN_OR_RETURN(std::vector<Application> waiting, line_.Unseated(call, cohort, kStepRows + 1));
  ASSIGN_OR_RETURN(Sweep rest, NewSweep(call, cohort, Sweep::EXPIRE_WAITING));
  const bool more = Truncate(kStepRows, waiting);
  for (Application& application : waiting) RETURN_IF_ERROR(ExpireOne(call, application));
  if (!more) return absl::OkStatus();
  rest.set_name(NameIn(call.school(), "sweeps", RandomUuid()));
  return sweeps_.Insert(call, rest);
}

// The sweep stays due until nothing is left.
absl::Status Sweeps::Step(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const Sweep sweep, sweeps_.Get(call, name));
  const bool rejects = sweep.kind() == Sweep::REJECT_SUBMITTED;
  ASSIGN_OR_RETURN(std::vector<Application> applications,
                   rejects ? Submitted(call, sweep, kStepRows + 1)
                           : line_.Unseated(call, sweep.cohort(), kStepRows + 1));
  const bool more = Truncate(kStepRows, applications);
  for (Application& application : applications)
    RETURN_IF_ERROR(rejects ? RejectOne(call, sweep, application) : ExpireOne(call, application));
  return more ? absl::OkStatus() : sweeps_.Delete(call, name);
}

absl::Status Sweeps::RejectOne(Call& call, const Sweep& sweep, Application& application) {
  application.set_state(Application::REJECTED);
  RecordDecision(sweep.decided_by(), sweep.decision_reason(), application);
  if (IsErased(call, application.candidate())) application.clear_decision_reason();
  RETURN_IF_ERROR(applications_.Update(call, application));
  RETURN_IF_ERROR(people_.RestartRetention(call, application.candidate()));
  v1::ApplicationRejected event;
  event.set_application(application.name());
  event.set_cohort(application.cohort());
  return call.Emit(event);
}

absl::Status Sweeps::ExpireOne(Call& call, Application& application) {
  application.set_state(Application::EXPIRED);
  RETURN_IF_ERROR(applications_.Update(call, application));
  return people_.RestartRetention(call, application.candidate());
}

}  // namespace vivier::enrolment
