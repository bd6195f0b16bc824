// What of the money a caller sees who acts for one funder: that funder, its agreements, and what
// was earned, invoiced and paid under them. Drafts of invoices, and what they ask for, are the
// school's own. Everybody else with the permission sees the whole school. Stateless besides its
// tables, hence thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/service/call.h"
#include "shared/service/service.h"
#include "shared/storage/log/table.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::funding {

class FundersView {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  // The invoice, if the caller may see it.
  absl::StatusOr<v1::Invoice> Invoice(rpc::Call& call, const std::string& name) {
    return Get(call, invoices_, name);
  }

 private:
  absl::StatusOr<v1::Funder> GetFunder(rpc::Call& call, const v1::GetFunderRequest& request);
  absl::StatusOr<v1::FundingAgreement> GetFundingAgreement(
      rpc::Call& call, const v1::GetFundingAgreementRequest& request);
  absl::StatusOr<v1::ListFundingAgreementsResponse> ListFundingAgreements(
      rpc::Call& call, const v1::ListFundingAgreementsRequest& request);
  absl::StatusOr<v1::AgreementBalance> GetAgreementBalance(
      rpc::Call& call, const v1::GetAgreementBalanceRequest& request);
  absl::StatusOr<v1::Earning> GetEarning(rpc::Call& call, const v1::GetEarningRequest& request);
  absl::StatusOr<v1::ListEarningsResponse> ListEarnings(rpc::Call& call,
                                                        const v1::ListEarningsRequest& request);
  absl::StatusOr<v1::Invoice> GetInvoice(rpc::Call& call, const v1::GetInvoiceRequest& request);
  absl::StatusOr<v1::ListInvoicesResponse> ListInvoices(rpc::Call& call,
                                                        const v1::ListInvoicesRequest& request);
  absl::StatusOr<v1::Payment> GetPayment(rpc::Call& call, const v1::GetPaymentRequest& request);
  absl::StatusOr<v1::ListPaymentsResponse> ListPayments(rpc::Call& call,
                                                        const v1::ListPaymentsRequest& request);

  // The only funder who may see it, "" where none may.
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Funder& funder);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::FundingAgreement& agreement);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::AgreementBalance& balance);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Earning& earning);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Invoice& invoice);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Payment& payment);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const std::string& agreement);

  // One resource. To who acts for a funder, what is another's and what there is not are the same.
  template <class M>
  absl::StatusOr<M> Get(rpc::Call& call, const storage::Table<M>& table, const std::string& name) {
    ASSIGN_OR_RETURN(std::optional<M> found, table.Find(call, name));
    if (call.caller().kind == security::Caller::Kind::kPartner) {
      if (!found.has_value()) return NotAllowed(name);
      ASSIGN_OR_RETURN(const std::string funder, FunderOf(call, *found));
      if (funder.empty() || funder != call.caller().acts_for) return NotAllowed(name);
    }
    if (!found.has_value()) return NotFound(name);
    return *std::move(found);
  }

  // The filter, narrowed to the agreements of the funder for whom the caller acts.
  absl::StatusOr<std::string> OfOwnAgreements(rpc::Call& call, const std::string& filter);

  storage::Table<v1::Funder> funders_;
  storage::Table<v1::FundingAgreement> agreements_;
  storage::Table<v1::AgreementBalance> balances_;
  storage::Table<v1::Earning> earnings_;
  storage::Table<v1::Invoice> invoices_;
  storage::Table<v1::Payment> payments_;
};

}  // namespace vivier::funding
