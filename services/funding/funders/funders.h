// Funders and what they agreed to pay. Stateless besides its tables, hence thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/funding/journal/journal.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/funding/v1/funders.pb.h"

namespace vivier::funding {

class Funders {
 public:
  explicit Funders(Journal& journal) : journal_(journal) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Funder>& rows() const { return funders_; }
  const storage::Rows<v1::FundingAgreement>& agreements() const { return agreements_; }

  // The ceilings of these agreements are about to change: money may come free under them.
  rpc::Hook<const std::vector<std::string>&> amending;
  // So many cents too much are committed under the agreement for a new ceiling: names what must be
  // released first.
  rpc::Hook<const std::string&, int64_t, std::vector<std::string>&> releasing;

 private:
  absl::StatusOr<v1::FundingAgreement> CreateFundingAgreement(
      rpc::Call& call, const v1::CreateFundingAgreementRequest& request);
  absl::StatusOr<v1::FundingAgreement> AmendFundingAgreement(
      rpc::Call& call, const v1::AmendFundingAgreementRequest& request);
  absl::StatusOr<v1::FundingAgreement> CloseFundingAgreement(
      rpc::Call& call, const v1::CloseFundingAgreementRequest& request);
  absl::Status CeilingBelowCommitted(rpc::Call& call, const v1::AgreementBalance& balance,
                                     int64_t ceiling_cents);

  Journal& journal_;
  storage::Table<v1::Funder> funders_;
  storage::Table<v1::FundingAgreement> agreements_;
};

}  // namespace vivier::funding
