// The partners service: companies, partnerships, tutors, job offers, hirings and contracts of a
// school. Follows enrolment: a learner who finishes is put forward, one who leaves is taken back.
// Stateless besides its tables; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/empty.pb.h"
#include "services/partners/contract_law.h"
#include "shared/service/service.h"
#include "shared/storage/log/table.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/partners/v1/resources.pb.h"

namespace vivier::partners {

class Partners {
 public:
  rpc::Service Rpc();

 private:
  using Call = rpc::Call;
  using Empty = google::protobuf::Empty;

  // What acts together on one hiring.
  struct Placement {
    v1::Hiring hiring;
    v1::LearnerPutForward learner;
    v1::JobOffer offer;
    v1::PositionCount count;
  };

  // partners.cc: companies, partnerships, tutors.
  absl::Status CheckCompany(Call& call, const v1::Company* before, v1::Company& after);
  absl::Status CheckPartnership(Call& call, const v1::Partnership* before, v1::Partnership& after);
  absl::Status CheckTutor(Call& call, const v1::Tutor* before, v1::Tutor& after);
  absl::StatusOr<Empty> DeleteCompany(Call& call, const v1::DeleteCompanyRequest& request);
  absl::StatusOr<Empty> DeleteTutor(Call& call, const v1::DeleteTutorRequest& request);
  absl::StatusOr<v1::ListCompaniesResponse> ListCompanies(Call& call,
                                                          const v1::ListCompaniesRequest& request);
  absl::StatusOr<v1::Company> GetCompany(Call& call, const v1::GetCompanyRequest& request);
  absl::StatusOr<v1::ListPartnershipsResponse> ListPartnerships(
      Call& call, const v1::ListPartnershipsRequest& request);
  absl::StatusOr<v1::Partnership> GetPartnership(Call& call,
                                                 const v1::GetPartnershipRequest& request);
  absl::StatusOr<v1::ListTutorsResponse> ListTutors(Call& call,
                                                    const v1::ListTutorsRequest& request);
  absl::StatusOr<v1::Tutor> GetTutor(Call& call, const v1::GetTutorRequest& request);
  // Whether the company has a partnership of the kind EMPLOYER on the day of the call.
  absl::StatusOr<bool> IsEmployer(Call& call, const std::string& company);

  // job_offer.cc
  absl::Status CheckJobOffer(Call& call, const v1::JobOffer* before, v1::JobOffer& after);
  absl::StatusOr<v1::JobOffer> GetJobOffer(Call& call, const v1::GetJobOfferRequest& request);
  absl::StatusOr<v1::ListJobOffersResponse> ListJobOffers(Call& call,
                                                          const v1::ListJobOffersRequest& request);
  absl::StatusOr<v1::PositionCount> GetPositionCount(Call& call,
                                                     const v1::GetPositionCountRequest& request);
  absl::StatusOr<v1::JobOffer> PublishJobOffer(Call& call,
                                               const v1::PublishJobOfferRequest& request);
  absl::StatusOr<v1::JobOffer> CloseJobOffer(Call& call, const v1::CloseJobOfferRequest& request);

  // hiring.cc
  absl::StatusOr<v1::ListLearnersPutForwardResponse> ListLearnersPutForward(
      Call& call, const v1::ListLearnersPutForwardRequest& request);
  absl::StatusOr<v1::Hiring> GetHiring(Call& call, const v1::GetHiringRequest& request);
  absl::StatusOr<v1::ListHiringsResponse> ListHirings(Call& call,
                                                      const v1::ListHiringsRequest& request);
  absl::StatusOr<v1::Hiring> ProposeHiring(Call& call, const v1::ProposeHiringRequest& request);
  absl::StatusOr<v1::Hiring> AcceptHiring(Call& call, const v1::AcceptHiringRequest& request);
  absl::StatusOr<v1::Hiring> DeclineHiring(Call& call, const v1::DeclineHiringRequest& request);
  absl::Status OnLearnerFinished(Call& call, const enrolment::v1::LearnerFinished& event);
  absl::Status OnLearnerLeft(Call& call, const enrolment::v1::LearnerLeft& event);
  absl::Status OnPersonErased(Call& call, const enrolment::v1::PersonErased& event);
  absl::Status TakeBack(Call& call, const std::string& learner);
  absl::StatusOr<Placement> Load(Call& call, const std::string& hiring, const std::string& etag);
  // Stores what differs from `before`.
  absl::Status Store(Call& call, const Placement& before, Placement& after);
  absl::Status Withdraw(Call& call, std::vector<v1::Hiring>& hirings);

  // contract.cc
  absl::Status CheckContractRow(Call& call, const v1::Contract* before, v1::Contract& after);
  absl::StatusOr<v1::Contract> GetContract(Call& call, const v1::GetContractRequest& request);
  absl::StatusOr<v1::ListContractsResponse> ListContracts(Call& call,
                                                          const v1::ListContractsRequest& request);
  absl::StatusOr<v1::CheckContractResponse> CheckContract(Call& call,
                                                          const v1::CheckContractRequest& request);
  absl::StatusOr<v1::Contract> SignContract(Call& call, const v1::SignContractRequest& request);
  absl::StatusOr<v1::Contract> RecordFileReceipt(Call& call,
                                                 const v1::RecordFileReceiptRequest& request);
  absl::StatusOr<v1::Contract> BreakContract(Call& call, const v1::BreakContractRequest& request);
  absl::Status CompleteContract(Call& call, const std::string& name);
  absl::StatusOr<std::vector<v1::Finding>> Judge(Call& call, const v1::Contract& contract);
  absl::StatusOr<bool> HasSigned(Call& call, const std::string& learner);

  storage::Table<v1::Company> companies_;
  storage::Table<v1::Partnership> partnerships_;
  storage::Table<v1::Tutor> tutors_;
  storage::Table<v1::JobOffer> job_offers_;
  storage::Table<v1::PositionCount> position_counts_;
  storage::Table<v1::LearnerPutForward> learners_;
  storage::Table<v1::Hiring> hirings_;
  storage::Table<v1::Contract> contracts_;
};

}  // namespace vivier::partners
