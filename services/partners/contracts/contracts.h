// Contracts: what the law says of them, signing, breaking, and the end of their term. Stateless
// besides its table, hence thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/partners/companies/companies.h"
#include "services/partners/hirings/hirings.h"
#include "services/partners/tutors/tutors.h"
#include "shared/service/service.h"
#include "vivier/partners/v1/contracts.pb.h"

namespace vivier::partners {

class Contracts {
 public:
  Contracts(Companies& companies, Tutors& tutors, Hirings& hirings)
      : companies_(companies), tutors_(tutors), hirings_(hirings) {}

  // Puts its rpcs and ticks into the service.
  void AddTo(rpc::Service& service);

  // Answers to hooks: do contracts name the tutor? May the hiring still be declined?
  absl::Status SayUse(rpc::Call& call, const std::string& tutor, bool& in_use);
  absl::Status CheckDecline(rpc::Call& call, const v1::Hiring& hiring);

 private:
  absl::StatusOr<v1::Contract> GetContract(rpc::Call& call, const v1::GetContractRequest& request);
  absl::StatusOr<v1::ListContractsResponse> ListContracts(rpc::Call& call,
                                                          const v1::ListContractsRequest& request);
  absl::StatusOr<v1::CheckContractResponse> CheckContract(rpc::Call& call,
                                                          const v1::CheckContractRequest& request);
  absl::StatusOr<v1::Contract> SignContract(rpc::Call& call,
                                            const v1::SignContractRequest& request);
  absl::StatusOr<v1::Contract> RecordFileReceipt(rpc::Call& call,
                                                 const v1::RecordFileReceiptRequest& request);
  absl::StatusOr<v1::Contract> BreakContract(rpc::Call& call,
                                             const v1::BreakContractRequest& request);
  absl::Status CompleteContract(rpc::Call& call, const std::string& name);

  absl::Status Check(rpc::Call& call, const v1::Contract* before, v1::Contract& after);
  absl::StatusOr<std::vector<v1::Finding>> Judge(rpc::Call& call, const v1::Contract& contract);
  absl::StatusOr<bool> HasSigned(rpc::Call& call, const std::string& learner);

  Companies& companies_;
  Tutors& tutors_;
  Hirings& hirings_;
  storage::Table<v1::Contract> contracts_;
};

}  // namespace vivier::partners
