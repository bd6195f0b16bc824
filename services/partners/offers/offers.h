// Job offers of companies and the count of their positions. Stateless besides its tables, hence
// thread-safe.
#pragma once

#include <string>

#include "services/partners/companies/companies.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

// An offer and the positions of it that are taken.
struct Vacancy {
  v1::JobOffer offer;
  v1::PositionCount count;
};

class Offers {
 public:
  explicit Offers(Companies& companies) : companies_(companies) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::JobOffer>& rows() const { return offers_; }

  absl::StatusOr<Vacancy> Load(rpc::Call& call, const std::string& offer);
  // Stores what differs from `before`.
  absl::Status Store(rpc::Call& call, const Vacancy& before, Vacancy& after);

  // Answers a hook: do job offers refer to the company?
  absl::Status SayUse(rpc::Call& call, const std::string& company, bool& in_use);

  // An offer that is taken back, before that is stored.
  rpc::Hook<const v1::JobOffer&> closing;

 private:
  absl::StatusOr<v1::JobOffer> GetJobOffer(rpc::Call& call, const v1::GetJobOfferRequest& request);
  absl::StatusOr<v1::ListJobOffersResponse> ListJobOffers(rpc::Call& call,
                                                          const v1::ListJobOffersRequest& request);
  absl::StatusOr<v1::PositionCount> GetPositionCount(rpc::Call& call,
                                                     const v1::GetPositionCountRequest& request);
  absl::StatusOr<v1::JobOffer> PublishJobOffer(rpc::Call& call,
                                               const v1::PublishJobOfferRequest& request);
  absl::StatusOr<v1::JobOffer> CloseJobOffer(rpc::Call& call,
                                             const v1::CloseJobOfferRequest& request);
  absl::Status Check(rpc::Call& call, const v1::JobOffer* before, v1::JobOffer& after);

  Companies& companies_;
  storage::Table<v1::JobOffer> offers_;
  storage::Table<v1::PositionCount> counts_;
};

}  // namespace vivier::partners
