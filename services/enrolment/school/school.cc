#include "services/enrolment/school/school.h"

#include "shared/service/standard.h"

namespace vivier::enrolment {

using rpc::Call;

void Schools::AddTo(rpc::Service& service) {
  service.Standard(schools_).On(*this, &Schools::UpdateSchool);
}

absl::StatusOr<v1::School> Schools::UpdateSchool(Call& call,
                                                 const v1::UpdateSchoolRequest& request) {
  ASSIGN_OR_RETURN(std::optional<v1::School> found, schools_.Find(call, request.school().name()));
  if (!found.has_value() && !request.allow_missing()) return NotFound(request.school().name());
  v1::School school = found.has_value() ? *found : request.school();
  if (found.has_value()) {
    RETURN_IF_ERROR(schools_.schema().CheckEtag(*found, request.school().etag()));
    RETURN_IF_ERROR(rpc::ApplyUpdate(request, request.school(), school));
  }
  RETURN_IF_ERROR(found.has_value() ? schools_.Update(call, school)
                                    : schools_.Insert(call, school));
  return school;
}

}  // namespace vivier::enrolment
