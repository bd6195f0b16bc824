#include "services/partners/partners.h"

#include "absl/strings/str_cat.h"
#include "services/partners/rules.h"
#include "services/partners/visibility.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/formats/codes.h"

namespace vivier::partners {

rpc::Service Partners::Rpc() {
  rpc::Service service("partners");
  service
      .Standard<v1::Company>(companies_,
                             [this](Call& call, const v1::Company* before, v1::Company& after) {
                               return CheckCompany(call, before, after);
                             })
      .Standard<v1::Partnership>(
          partnerships_,
          [this](Call& call, const v1::Partnership* before, v1::Partnership& after) {
            return CheckPartnership(call, before, after);
          })
      .Standard<v1::Tutor>(tutors_,
                           [this](Call& call, const v1::Tutor* before, v1::Tutor& after) {
                             return CheckTutor(call, before, after);
                           })
      .Standard<v1::JobOffer>(job_offers_,
                              [this](Call& call, const v1::JobOffer* before, v1::JobOffer& after) {
                                return CheckJobOffer(call, before, after);
                              })
      .Standard<v1::Contract>(contracts_,
                              [this](Call& call, const v1::Contract* before, v1::Contract& after) {
                                return CheckContractRow(call, before, after);
                              })
      .Keeps(position_counts_)
      .Keeps(learners_)
      .Keeps(hirings_);
  service.On(*this, &Partners::GetCompany)
      .On(*this, &Partners::ListCompanies)
      .On(*this, &Partners::DeleteCompany)
      .On(*this, &Partners::GetPartnership)
      .On(*this, &Partners::ListPartnerships)
      .On(*this, &Partners::GetTutor)
      .On(*this, &Partners::ListTutors)
      .On(*this, &Partners::DeleteTutor)
      .On(*this, &Partners::GetJobOffer)
      .On(*this, &Partners::ListJobOffers)
      .On(*this, &Partners::GetPositionCount)
      .On(*this, &Partners::PublishJobOffer)
      .On(*this, &Partners::CloseJobOffer)
      .On(*this, &Partners::ListLearnersPutForward)
      .On(*this, &Partners::GetHiring)
      .On(*this, &Partners::ListHirings)
      .On(*this, &Partners::ProposeHiring)
      .On(*this, &Partners::AcceptHiring)
      .On(*this, &Partners::DeclineHiring)
      .On(*this, &Partners::GetContract)
      .On(*this, &Partners::ListContracts)
      .On(*this, &Partners::CheckContract)
      .On(*this, &Partners::SignContract)
      .On(*this, &Partners::RecordFileReceipt)
      .On(*this, &Partners::BreakContract);
  service.React(*this, &Partners::OnLearnerFinished)
      .React(*this, &Partners::OnLearnerLeft)
      .React(*this, &Partners::OnPersonErased)
      .Tick(*this, &Partners::CompleteContract, contracts_, "term_time");
  return service;
}

absl::Status Partners::CheckCompany(Call& call, const v1::Company* before, v1::Company& after) {
  RETURN_IF_ERROR(MayTouch(call, after.name(), after.name()));
  if (before != nullptr) return absl::OkStatus();
  const formats::CodeCheck siret = formats::CheckSiret(IdInSchool(after.name()));
  if (siret.verdict == formats::CodeCheck::Verdict::kOk) return absl::OkStatus();
  return InvalidField("company_id",
                      "is no SIRET: 14 digits whose check digits fit, the SIREN's included");
}

absl::Status Partners::CheckPartnership(Call& call, const v1::Partnership* before,
                                        v1::Partnership& after) {
  RETURN_IF_ERROR(MayTouch(call, "", after.name()));  // a company does not make itself a partner
  if (after.kind() == v1::Partnership::KIND_UNSPECIFIED)
    return InvalidField("partnership.kind", "is required");
  if (after.has_end_date() && ToCivil(after.end_date()) < ToCivil(after.start_date()))
    return InvalidField("partnership.end_date", "is before start_date");
  return before != nullptr ? absl::OkStatus() : companies_.Get(call, after.company()).status();
}

absl::Status Partners::CheckTutor(Call& call, const v1::Tutor* before, v1::Tutor& after) {
  RETURN_IF_ERROR(MayTouch(call, after.company(), after.name()));
  return before != nullptr ? absl::OkStatus() : companies_.Get(call, after.company()).status();
}

absl::StatusOr<Partners::Empty> Partners::DeleteCompany(Call& call,
                                                        const v1::DeleteCompanyRequest& request) {
  RETURN_IF_ERROR(MayTouch(call, "", request.name()));
  RETURN_IF_ERROR(companies_.Get(call, request.name(), request.etag()).status());
  ASSIGN_OR_RETURN(int64_t partnerships,
                   partnerships_.Count(call, "company = $2", {request.name()}));
  ASSIGN_OR_RETURN(int64_t job_offers, job_offers_.Count(call, "company = $2", {request.name()}));
  ASSIGN_OR_RETURN(int64_t tutors, tutors_.Count(call, "company = $2", {request.name()}));
  if (partnerships + job_offers + tutors > 0) {
    return Refused(v1::COMPANY_IN_USE, "partnerships, job offers or tutors refer to the company",
                   {{"company", request.name()}});
  }
  RETURN_IF_ERROR(companies_.Delete(call, request.name()));
  return Empty();
}

absl::StatusOr<Partners::Empty> Partners::DeleteTutor(Call& call,
                                                      const v1::DeleteTutorRequest& request) {
  ASSIGN_OR_RETURN(v1::Tutor tutor, GetOwn(call, tutors_, request.name()));
  RETURN_IF_ERROR(tutors_.schema().CheckEtag(tutor, request.etag()));
  ASSIGN_OR_RETURN(int64_t contracts, contracts_.Count(call, "tutor = $2", {request.name()}));
  if (contracts > 0)
    return Refused(v1::TUTOR_IN_USE, "a contract names the tutor", {{"tutor", request.name()}});
  RETURN_IF_ERROR(tutors_.Delete(call, request.name()));
  return Empty();
}

absl::StatusOr<v1::Company> Partners::GetCompany(Call& call, const v1::GetCompanyRequest& request) {
  RETURN_IF_ERROR(MayTouch(call, request.name(), request.name()));
  return companies_.Get(call, request.name());
}

absl::StatusOr<v1::ListCompaniesResponse> Partners::ListCompanies(
    Call& call, const v1::ListCompaniesRequest& request) {
  if (!ActsForCompany(call)) {
    return ListPage<v1::ListCompaniesResponse>(
        call, companies_, request, request.filter(),
        [](auto& response) { return response.add_companies(); });
  }
  v1::ListCompaniesResponse response;
  ASSIGN_OR_RETURN(std::optional<v1::Company> own, companies_.Find(call, call.caller().acts_for));
  if (own.has_value()) *response.add_companies() = *std::move(own);
  return response;
}

absl::StatusOr<v1::Partnership> Partners::GetPartnership(Call& call,
                                                         const v1::GetPartnershipRequest& request) {
  return GetOwn(call, partnerships_, request.name());
}

absl::StatusOr<v1::ListPartnershipsResponse> Partners::ListPartnerships(
    Call& call, const v1::ListPartnershipsRequest& request) {
  return ListPage<v1::ListPartnershipsResponse>(
      call, partnerships_, request, OwnFilter(call, request.filter()),
      [](auto& response) { return response.add_partnerships(); });
}

absl::StatusOr<v1::Tutor> Partners::GetTutor(Call& call, const v1::GetTutorRequest& request) {
  return GetOwn(call, tutors_, request.name());
}

absl::StatusOr<v1::ListTutorsResponse> Partners::ListTutors(Call& call,
                                                            const v1::ListTutorsRequest& request) {
  return ListPage<v1::ListTutorsResponse>(call, tutors_, request, OwnFilter(call, request.filter()),
                                          [](auto& response) { return response.add_tutors(); });
}

absl::StatusOr<bool> Partners::IsEmployer(Call& call, const std::string& company) {
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  ASSIGN_OR_RETURN(int64_t count, partnerships_.Count(
                                      call,
                                      "company = $2 AND kind = 'EMPLOYER' AND start_date <= $3 AND "
                                      "(end_date IS NULL OR end_date >= $3)",
                                      {company, DateText(ToDate(today))}));
  return count > 0;
}

}  // namespace vivier::partners
