#include "services/enrolment/cohorts/cohorts.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/cohorts/rules.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Cohort;

void Cohorts::AddTo(rpc::Service& service) {
  service
      .Standard(cohorts_,
                rpc::BeforeStore<Cohort>([this](Call& call, const Cohort* before, Cohort& after) {
                  return Check(call, before, after);
                }))
      .On(*this, &Cohorts::OpenCohort)
      .On(*this, &Cohorts::StartCohort)
      .On(*this, &Cohorts::FinishCohort);
}

absl::Status Cohorts::Check(Call& call, const Cohort* before, Cohort& after) {
  RETURN_IF_ERROR(CheckCohortChange(before, after));
  if (before != nullptr)
    return before->capacity() == after.capacity() ? absl::OkStatus() : resizing.Run(call, after);
  after.set_state(Cohort::DRAFT);
  return making.Run(call, after);
}

absl::StatusOr<Cohort> Cohorts::Move(Call& call, const std::string& name, const std::string& etag,
                                     absl::string_view act) {
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, name, etag));
  RETURN_IF_ERROR(MoveCohort(act, cohort));
  RETURN_IF_ERROR(cohorts_.Update(call, cohort));
  return cohort;
}

absl::StatusOr<Cohort> Cohorts::OpenCohort(Call& call, const v1::OpenCohortRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort, Move(call, request.name(), request.etag(), "OpenCohort"));
  v1::CohortOpened event;
  event.set_cohort(cohort.name());
  event.set_programme_revision(cohort.programme_revision());
  event.set_title(cohort.title());
  event.set_capacity(cohort.capacity());
  *event.mutable_start_date() = cohort.start_date();
  *event.mutable_end_date() = cohort.end_date();
  RETURN_IF_ERROR(call.Emit(event));
  return cohort;
}

absl::StatusOr<Cohort> Cohorts::StartCohort(Call& call, const v1::StartCohortRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort, Move(call, request.name(), request.etag(), "StartCohort"));
  RETURN_IF_ERROR(started.Run(call, cohort));
  return cohort;
}

absl::StatusOr<Cohort> Cohorts::FinishCohort(Call& call, const v1::FinishCohortRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort, Move(call, request.name(), request.etag(), "FinishCohort"));
  RETURN_IF_ERROR(finished.Run(call, cohort));
  v1::CohortFinished event;
  event.set_cohort(cohort.name());
  *event.mutable_end_date() = cohort.end_date();
  RETURN_IF_ERROR(call.Emit(event));
  return cohort;
}

}  // namespace vivier::enrolment
