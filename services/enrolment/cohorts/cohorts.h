// Cohorts, from draft to finished. Stateless besides its table, hence thread-safe.
#pragma once

#include <string>

#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/cohorts.pb.h"

namespace vivier::enrolment {

class Cohorts {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Cohort>& rows() const { return cohorts_; }

  // A new cohort, before it is stored, and one whose capacity changes.
  rpc::Hook<const v1::Cohort&> making;
  rpc::Hook<const v1::Cohort&> resizing;
  // A cohort that now runs, and one that is now over; what is told of its end is told afterwards.
  rpc::Hook<const v1::Cohort&> started;
  rpc::Hook<const v1::Cohort&> finished;

 private:
  absl::StatusOr<v1::Cohort> OpenCohort(rpc::Call& call, const v1::OpenCohortRequest& request);
  absl::StatusOr<v1::Cohort> StartCohort(rpc::Call& call, const v1::StartCohortRequest& request);
  absl::StatusOr<v1::Cohort> FinishCohort(rpc::Call& call, const v1::FinishCohortRequest& request);

  absl::Status Check(rpc::Call& call, const v1::Cohort* before, v1::Cohort& after);
  absl::StatusOr<v1::Cohort> Move(rpc::Call& call, const std::string& name, const std::string& etag,
                                  absl::string_view act);

  storage::Table<v1::Cohort> cohorts_;
};

}  // namespace vivier::enrolment
