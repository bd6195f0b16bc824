// The school of the site. Stateless besides its table, hence thread-safe.
#pragma once

#include "shared/service/service.h"
#include "vivier/enrolment/v1/school.pb.h"

namespace vivier::enrolment {

class Schools {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::School> UpdateSchool(rpc::Call& call, const v1::UpdateSchoolRequest& request);

  storage::Table<v1::School> schools_;
};

}  // namespace vivier::enrolment
