// Tutors of companies, who follow learners under contract. Stateless besides its table, hence
// thread-safe.
#pragma once

#include <string>

#include "google/protobuf/empty.pb.h"
#include "services/partners/companies/companies.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/partners/v1/tutors.pb.h"

namespace vivier::partners {

class Tutors {
 public:
  explicit Tutors(Companies& companies) : companies_(companies) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Tutor>& rows() const { return tutors_; }

  // Answers a hook: do tutors refer to the company?
  absl::Status SayUse(rpc::Call& call, const std::string& company, bool& in_use);

  // Before a tutor is removed: says whether something refers to them.
  rpc::Hook<const std::string&, bool&> deleting;

 private:
  absl::StatusOr<v1::Tutor> GetTutor(rpc::Call& call, const v1::GetTutorRequest& request);
  absl::StatusOr<v1::ListTutorsResponse> ListTutors(rpc::Call& call,
                                                    const v1::ListTutorsRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteTutor(rpc::Call& call,
                                                      const v1::DeleteTutorRequest& request);
  absl::Status Check(rpc::Call& call, const v1::Tutor* before, v1::Tutor& after);

  Companies& companies_;
  storage::Table<v1::Tutor> tutors_;
};

}  // namespace vivier::partners
