#include "services/partners/companies/companies.h"

#include "services/partners/companies/rules.h"
#include "services/partners/companies/visibility.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {

using rpc::Call;
using v1::Company;
using v1::Partnership;

void Companies::AddTo(rpc::Service& service) {
  service
      .Standard(companies_, rpc::BeforeStore<Company>(
                                [this](Call& call, const Company* before, Company& after) {
                                  return CheckCompany(call, before, after);
                                }))
      .Standard(partnerships_,
                rpc::BeforeStore<Partnership>(
                    [this](Call& call, const Partnership* before, Partnership& after) {
                      return CheckPartnership(call, before, after);
                    }))
      .On(*this, &Companies::GetCompany)
      .On(*this, &Companies::ListCompanies)
      .On(*this, &Companies::DeleteCompany)
      .On(*this, &Companies::GetPartnership)
      .On(*this, &Companies::ListPartnerships);
}

absl::Status Companies::CheckCompany(Call& call, const Company* before, Company& after) {
  RETURN_IF_ERROR(MayTouch(call, after.name(), after.name()));
  return before != nullptr ? absl::OkStatus() : CheckSiret(after);
}

absl::Status Companies::CheckPartnership(Call& call, const Partnership* before,
                                         Partnership& after) {
  RETURN_IF_ERROR(MayTouch(call, "", after.name()));  // a company does not make itself a partner
  RETURN_IF_ERROR(CheckTerms(after));
  return before != nullptr ? absl::OkStatus() : companies_.Get(call, after.company()).status();
}

absl::StatusOr<google::protobuf::Empty> Companies::DeleteCompany(
    Call& call, const v1::DeleteCompanyRequest& request) {
  RETURN_IF_ERROR(MayTouch(call, "", request.name()));
  RETURN_IF_ERROR(companies_.Get(call, request.name(), request.etag()).status());
  ASSIGN_OR_RETURN(bool in_use, partnerships_.Any(call, "company = $2", {request.name()}));
  RETURN_IF_ERROR(deleting.Run(call, request.name(), in_use));
  if (in_use) {
    return Refused(v1::COMPANY_IN_USE, "partnerships, job offers or tutors refer to the company",
                   {{"company", request.name()}});
  }
  RETURN_IF_ERROR(companies_.Delete(call, request.name()));
  return google::protobuf::Empty();
}

absl::StatusOr<Company> Companies::GetCompany(Call& call, const v1::GetCompanyRequest& request) {
  RETURN_IF_ERROR(MayTouch(call, request.name(), request.name()));
  return companies_.Get(call, request.name());
}

absl::StatusOr<v1::ListCompaniesResponse> Companies::ListCompanies(
    Call& call, const v1::ListCompaniesRequest& request) {
  if (!ActsForCompany(call)) {
    return ListPage<v1::ListCompaniesResponse>(
        call, companies_, request, request.filter(),
        [](auto& response) { return response.add_companies(); });
  }
  v1::ListCompaniesResponse response;
  ASSIGN_OR_RETURN(std::optional<Company> own, companies_.Find(call, call.caller().acts_for));
  if (own.has_value()) *response.add_companies() = *std::move(own);
  return response;
}

absl::StatusOr<Partnership> Companies::GetPartnership(Call& call,
                                                      const v1::GetPartnershipRequest& request) {
  return GetOwn(call, partnerships_, request.name());
}

absl::StatusOr<v1::ListPartnershipsResponse> Companies::ListPartnerships(
    Call& call, const v1::ListPartnershipsRequest& request) {
  return ListPage<v1::ListPartnershipsResponse>(
      call, partnerships_, request, OwnFilter(call, request.filter()),
      [](auto& response) { return response.add_partnerships(); });
}

absl::StatusOr<bool> Companies::IsEmployer(Call& call, const std::string& company) {
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  return partnerships_.Any(call,
                           "company = $2 AND kind = 'EMPLOYER' AND start_date <= $3 AND "
                           "(end_date IS NULL OR end_date >= $3)",
                           {company, DateText(ToDate(today))});
}

}  // namespace vivier::partners
