#include "services/funding/funders_view.h"

#include "absl/strings/str_cat.h"
#include "services/funding/names.h"
#include "shared/service/list_page.h"
#include "shared/storage/rows/filter.h"

namespace vivier::funding {

using rpc::Call;

namespace {

bool ActsForFunder(const Call& call) {
  return call.caller().kind == security::Caller::Kind::kPartner;
}

}  // namespace

void FundersView::AddTo(rpc::Service& service) {
  service.On(*this, &FundersView::GetFunder)
      .On(*this, &FundersView::GetFundingAgreement)
      .On(*this, &FundersView::ListFundingAgreements)
      .On(*this, &FundersView::GetAgreementBalance)
      .On(*this, &FundersView::GetEarning)
      .On(*this, &FundersView::ListEarnings)
      .On(*this, &FundersView::GetInvoice)
      .On(*this, &FundersView::ListInvoices)
      .On(*this, &FundersView::GetPayment)
      .On(*this, &FundersView::ListPayments);
}

absl::StatusOr<std::string> FundersView::FunderOf(Call&, const v1::Funder& funder) {
  return funder.name();
}

absl::StatusOr<std::string> FundersView::FunderOf(Call&, const v1::FundingAgreement& agreement) {
  return agreement.funder();
}

absl::StatusOr<std::string> FundersView::FunderOf(Call& call, const v1::AgreementBalance& balance) {
  return FunderOf(call, ParentOf(balance.name()));
}

absl::StatusOr<std::string> FundersView::FunderOf(Call& call, const v1::Earning& earning) {
  if (earning.invoice().empty()) return FunderOf(call, earning.funding_agreement());
  ASSIGN_OR_RETURN(const v1::Invoice invoice, invoices_.Get(call, earning.invoice()));
  return FunderOf(call, invoice);
}

absl::StatusOr<std::string> FundersView::FunderOf(Call& call, const v1::Invoice& invoice) {
  if (invoice.state() == v1::Invoice::DRAFT) return "";
  return FunderOf(call, invoice.funding_agreement());
}

absl::StatusOr<std::string> FundersView::FunderOf(Call& call, const v1::Payment& payment) {
  ASSIGN_OR_RETURN(const v1::Invoice invoice, invoices_.Get(call, ParentOf(payment.name())));
  return FunderOf(call, invoice);
}

absl::StatusOr<std::string> FundersView::FunderOf(Call& call, const std::string& agreement) {
  ASSIGN_OR_RETURN(const v1::FundingAgreement found, agreements_.Get(call, agreement));
  return found.funder();
}

absl::StatusOr<std::string> FundersView::OfOwnAgreements(Call& call, const std::string& filter) {
  if (!ActsForFunder(call)) return filter;
  ASSIGN_OR_RETURN(const std::vector<v1::FundingAgreement> agreements,
                   agreements_.Select(call, "funder = $2 ORDER BY name", {call.caller().acts_for}));
  std::vector<std::string> own;
  for (const v1::FundingAgreement& agreement : agreements) own.push_back(agreement.name());
  return storage::NarrowedTo("funding_agreement", own, filter);
}

absl::StatusOr<v1::Funder> FundersView::GetFunder(Call& call, const v1::GetFunderRequest& request) {
  return Get(call, funders_, request.name());
}

absl::StatusOr<v1::FundingAgreement> FundersView::GetFundingAgreement(
    Call& call, const v1::GetFundingAgreementRequest& request) {
  return Get(call, agreements_, request.name());
}

absl::StatusOr<v1::ListFundingAgreementsResponse> FundersView::ListFundingAgreements(
    Call& call, const v1::ListFundingAgreementsRequest& request) {
  const std::string filter =
      ActsForFunder(call)
          ? storage::NarrowedTo("funder", {call.caller().acts_for}, request.filter())
          : request.filter();
  return rpc::ListPage<v1::ListFundingAgreementsResponse>(
      call, agreements_, request, filter,
      [](auto& response) { return response.add_funding_agreements(); });
}

absl::StatusOr<v1::AgreementBalance> FundersView::GetAgreementBalance(
    Call& call, const v1::GetAgreementBalanceRequest& request) {
  return Get(call, balances_, request.name());
}

absl::StatusOr<v1::Earning> FundersView::GetEarning(Call& call,
                                                    const v1::GetEarningRequest& request) {
  return Get(call, earnings_, request.name());
}

absl::StatusOr<v1::ListEarningsResponse> FundersView::ListEarnings(
    Call& call, const v1::ListEarningsRequest& request) {
  ASSIGN_OR_RETURN(std::string filter, OfOwnAgreements(call, request.filter()));
  if (ActsForFunder(call)) {
    ASSIGN_OR_RETURN(const std::vector<v1::Invoice> drafts,
                     invoices_.Select(call, "state = 'DRAFT' ORDER BY name", {}));
    for (const v1::Invoice& draft : drafts)
      filter = absl::StrCat("invoice != \"", draft.name(), "\" AND ", filter);
  }
  return rpc::ListPage<v1::ListEarningsResponse>(
      call, earnings_, request, filter, [](auto& response) { return response.add_earnings(); });
}

absl::StatusOr<v1::Invoice> FundersView::GetInvoice(Call& call,
                                                    const v1::GetInvoiceRequest& request) {
  return Invoice(call, request.name());
}

absl::StatusOr<v1::ListInvoicesResponse> FundersView::ListInvoices(
    Call& call, const v1::ListInvoicesRequest& request) {
  ASSIGN_OR_RETURN(std::string filter, OfOwnAgreements(call, request.filter()));
  if (ActsForFunder(call)) filter = "state != DRAFT AND " + filter;
  return rpc::ListPage<v1::ListInvoicesResponse>(
      call, invoices_, request, filter, [](auto& response) { return response.add_invoices(); });
}

absl::StatusOr<v1::Payment> FundersView::GetPayment(Call& call,
                                                    const v1::GetPaymentRequest& request) {
  return Get(call, payments_, request.name());
}

absl::StatusOr<v1::ListPaymentsResponse> FundersView::ListPayments(
    Call& call, const v1::ListPaymentsRequest& request) {
  if (ActsForFunder(call)) RETURN_IF_ERROR(Invoice(call, request.parent()).status());
  return rpc::ListPage<v1::ListPaymentsResponse>(
      call, payments_, request, request.filter(),
      [](auto& response) { return response.add_payments(); });
}

}  // namespace vivier::funding
