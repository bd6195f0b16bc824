// The school of the site. Stateless besides its table, hence thread-safe.
#pragma once

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/school.pb.h"

namespace vivier::enrolment {

class Schools {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  // The school's civil day at `time`; that of UTC while the school has no row.
  absl::StatusOr<absl::CivilDay> DayOf(rpc::Call& call, absl::Time time);

 private:
  absl::StatusOr<v1::School> UpdateSchool(rpc::Call& call, const v1::UpdateSchoolRequest& request);

  storage::Table<v1::School> schools_;
};

}  // namespace vivier::enrolment
