// What of the money a caller sees who acts for one funder: that funder, its agreements, and what
// was earned, invoiced and paid under them. Drafts of invoices, and what they ask for, are the
// school's own. Everybody else with the permission sees the whole school. Stateless, hence
// thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/funding/earnings/earnings.h"
#include "services/funding/funders/funders.h"
#include "services/funding/invoices/invoices.h"
#include "services/funding/journal/journal.h"
#include "services/funding/view/own_earnings.h"
#include "services/funding/view/owners.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/service/service.h"

namespace vivier::funding {

class FundersView {
 public:
  FundersView(Journal& journal, Funders& funders, Earnings& earnings, Invoices& invoices)
      : journal_(journal),
        funders_(funders),
        earnings_(earnings),
        invoices_(invoices),
        owners_(funders, invoices),
        own_earnings_(earnings, invoices) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

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
  absl::StatusOr<v1::ListInvoiceLinesResponse> ListInvoiceLines(
      rpc::Call& call, const v1::ListInvoiceLinesRequest& request);
  absl::StatusOr<v1::Payment> GetPayment(rpc::Call& call, const v1::GetPaymentRequest& request);
  absl::StatusOr<v1::ListPaymentsResponse> ListPayments(rpc::Call& call,
                                                        const v1::ListPaymentsRequest& request);

  static bool ActsForFunder(const rpc::Call& call);

  // One resource. To who acts for a funder, what is another's and what there is not are the same.
  template <class M>
  absl::StatusOr<M> Get(rpc::Call& call, const storage::Rows<M>& rows, const std::string& name) {
    ASSIGN_OR_RETURN(std::optional<M> found, rows.Find(call, name));
    if (ActsForFunder(call)) {
      if (!found.has_value()) return NotAllowed(name);
      ASSIGN_OR_RETURN(const std::string funder, owners_.FunderOf(call, *found));
      if (funder.empty() || funder != call.caller().acts_for) return NotAllowed(name);
    }
    if (!found.has_value()) return NotFound(name);
    return *std::move(found);
  }

  Journal& journal_;
  Funders& funders_;
  Earnings& earnings_;
  Invoices& invoices_;
  Owners owners_;
  const OwnEarnings own_earnings_;
};

}  // namespace vivier::funding
