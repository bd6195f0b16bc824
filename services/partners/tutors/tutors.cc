#include "services/partners/tutors/tutors.h"

#include "services/partners/companies/visibility.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {

using rpc::Call;
using v1::Tutor;

void Tutors::AddTo(rpc::Service& service) {
  service
      .Standard(tutors_,
                rpc::BeforeStore<Tutor>([this](Call& call, const Tutor* before, Tutor& after) {
                  return Check(call, before, after);
                }))
      .On(*this, &Tutors::GetTutor)
      .On(*this, &Tutors::ListTutors)
      .On(*this, &Tutors::DeleteTutor);
}

absl::Status Tutors::Check(Call& call, const Tutor* before, Tutor& after) {
  RETURN_IF_ERROR(MayTouch(call, after.company(), after.name()));
  return before != nullptr ? absl::OkStatus()
                           : companies_.rows().Get(call, after.company()).status();
}

absl::Status Tutors::SayUse(Call& call, const std::string& company, bool& in_use) {
  ASSIGN_OR_RETURN(const bool tutors, tutors_.Any(call, "company = $2", {company}));
  in_use = in_use || tutors;
  return absl::OkStatus();
}

absl::StatusOr<google::protobuf::Empty> Tutors::DeleteTutor(Call& call,
                                                            const v1::DeleteTutorRequest& request) {
  ASSIGN_OR_RETURN(Tutor tutor, GetOwn(call, tutors_, request.name()));
  RETURN_IF_ERROR(tutors_.schema().CheckEtag(tutor, request.etag()));
  bool in_use = false;
  RETURN_IF_ERROR(deleting.Run(call, request.name(), in_use));
  if (in_use)
    return Refused(v1::TUTOR_IN_USE, "a contract names the tutor", {{"tutor", request.name()}});
  RETURN_IF_ERROR(tutors_.Delete(call, request.name()));
  return google::protobuf::Empty();
}

absl::StatusOr<Tutor> Tutors::GetTutor(Call& call, const v1::GetTutorRequest& request) {
  return GetOwn(call, tutors_, request.name());
}

absl::StatusOr<v1::ListTutorsResponse> Tutors::ListTutors(Call& call,
                                                          const v1::ListTutorsRequest& request) {
  return ListPage<v1::ListTutorsResponse>(call, tutors_, request, OwnFilter(call, request.filter()),
                                          [](auto& response) { return response.add_tutors(); });
}

}  // namespace vivier::partners
