// Companies and their partnerships: who they are, and what they are to the school. Stateless
// besides its tables, hence thread-safe.
#pragma once

#include <string>

#include "google/protobuf/empty.pb.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/partners/v1/companies.pb.h"

namespace vivier::partners {

class Companies {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Company>& rows() const { return companies_; }

  // Whether the company has a partnership of the kind EMPLOYER on the day of the call.
  absl::StatusOr<bool> IsEmployer(rpc::Call& call, const std::string& company);

  // Before a company is removed: says whether something refers to it.
  rpc::Hook<const std::string&, bool&> deleting;

 private:
  absl::StatusOr<v1::Company> GetCompany(rpc::Call& call, const v1::GetCompanyRequest& request);
  absl::StatusOr<v1::ListCompaniesResponse> ListCompanies(rpc::Call& call,
                                                          const v1::ListCompaniesRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteCompany(rpc::Call& call,
                                                        const v1::DeleteCompanyRequest& request);
  absl::StatusOr<v1::Partnership> GetPartnership(rpc::Call& call,
                                                 const v1::GetPartnershipRequest& request);
  absl::StatusOr<v1::ListPartnershipsResponse> ListPartnerships(
      rpc::Call& call, const v1::ListPartnershipsRequest& request);

  absl::Status CheckCompany(rpc::Call& call, const v1::Company* before, v1::Company& after);
  absl::Status CheckPartnership(rpc::Call& call, const v1::Partnership* before,
                                v1::Partnership& after);

  storage::Table<v1::Company> companies_;
  storage::Table<v1::Partnership> partnerships_;
};

}  // namespace vivier::partners
