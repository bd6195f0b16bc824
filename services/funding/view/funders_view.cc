#include "services/funding/view/funders_view.h"

#include "absl/strings/str_cat.h"
#include "shared/base/resource_name.h"
#include "shared/service/list_page.h"
#include "shared/storage/rows/filter.h"

namespace vivier::funding {

using rpc::Call;

namespace {

v1::InvoiceLine LineOf(const v1::Invoice& invoice, const v1::Earning& earning) {
  v1::InvoiceLine line;
  line.set_name(absl::StrCat(invoice.name(), "/invoiceLines/", IdOf(earning.name())));
  line.set_earning(earning.name());
  line.set_presence_entry(earning.presence_entry());
  *line.mutable_date() = earning.date();
  line.set_minutes(earning.minutes());
  line.set_amount_cents(earning.earned_cents());
  line.set_etag(earning.etag());
  return line;
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
      .On(*this, &FundersView::ListInvoiceLines)
      .On(*this, &FundersView::GetPayment)
      .On(*this, &FundersView::ListPayments);
}

bool FundersView::ActsForFunder(const Call& call) {
  return call.caller().kind == security::Caller::Kind::kPartner;
}

absl::StatusOr<v1::Funder> FundersView::GetFunder(Call& call, const v1::GetFunderRequest& request) {
  return Get(call, funders_.rows(), request.name());
}

absl::StatusOr<v1::FundingAgreement> FundersView::GetFundingAgreement(
    Call& call, const v1::GetFundingAgreementRequest& request) {
  return Get(call, funders_.agreements(), request.name());
}

absl::StatusOr<v1::ListFundingAgreementsResponse> FundersView::ListFundingAgreements(
    Call& call, const v1::ListFundingAgreementsRequest& request) {
  const std::string filter =
      ActsForFunder(call)
          ? storage::NarrowedTo("funder", {call.caller().acts_for}, request.filter())
          : request.filter();
  return rpc::ListPage<v1::ListFundingAgreementsResponse>(
      call, funders_.agreements(), request, filter,
      [](auto& response) { return response.add_funding_agreements(); });
}

absl::StatusOr<v1::AgreementBalance> FundersView::GetAgreementBalance(
    Call& call, const v1::GetAgreementBalanceRequest& request) {
  return Get(call, journal_.balances(), request.name());
}

absl::StatusOr<v1::Earning> FundersView::GetEarning(Call& call,
                                                    const v1::GetEarningRequest& request) {
  return Get(call, earnings_.rows(), request.name());
}

absl::StatusOr<v1::ListEarningsResponse> FundersView::ListEarnings(
    Call& call, const v1::ListEarningsRequest& request) {
  if (ActsForFunder(call)) return own_earnings_.List(call, call.caller().acts_for, request);
  return rpc::ListPage<v1::ListEarningsResponse>(
      call, earnings_.rows(), request, request.filter(),
      [](auto& response) { return response.add_earnings(); });
}

absl::StatusOr<v1::Invoice> FundersView::GetInvoice(Call& call,
                                                    const v1::GetInvoiceRequest& request) {
  return Get(call, invoices_.rows(), request.name());
}

absl::StatusOr<v1::ListInvoicesResponse> FundersView::ListInvoices(
    Call& call, const v1::ListInvoicesRequest& request) {
  if (!ActsForFunder(call))
    return rpc::ListPage<v1::ListInvoicesResponse>(
        call, invoices_.rows(), request, request.filter(),
        [](auto& response) { return response.add_invoices(); });
  ASSIGN_OR_RETURN(storage::Page<v1::Invoice> page,
                   rpc::PageWhere(call, invoices_.rows(), request, request.parent(),
                                  "funder = $2 AND state <> 'DRAFT'", {call.caller().acts_for}));
  v1::ListInvoicesResponse response;
  for (v1::Invoice& invoice : page.items) *response.add_invoices() = std::move(invoice);
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<v1::Payment> FundersView::GetPayment(Call& call,
                                                    const v1::GetPaymentRequest& request) {
  return Get(call, invoices_.payments(), request.name());
}

absl::StatusOr<v1::ListPaymentsResponse> FundersView::ListPayments(
    Call& call, const v1::ListPaymentsRequest& request) {
  if (ActsForFunder(call)) RETURN_IF_ERROR(Get(call, invoices_.rows(), request.parent()).status());
  return rpc::ListPage<v1::ListPaymentsResponse>(
      call, invoices_.payments(), request, request.filter(),
      [](auto& response) { return response.add_payments(); });
}

absl::StatusOr<v1::ListInvoiceLinesResponse> FundersView::ListInvoiceLines(
    Call& call, const v1::ListInvoiceLinesRequest& request) {
  ASSIGN_OR_RETURN(const v1::Invoice invoice, Get(call, invoices_.rows(), request.parent()));
  ASSIGN_OR_RETURN(
      storage::Page<v1::Earning> page,
      rpc::PageWhere(call, earnings_.rows(), request, absl::StrCat("schools/", call.school()),
                     "invoice = $2 AND invoice <> ''", {invoice.name()}));
  v1::ListInvoiceLinesResponse response;
  for (const v1::Earning& earning : page.items)
    *response.add_invoice_lines() = LineOf(invoice, earning);
  response.set_next_page_token(page.next_page_token);
  return response;
}

}  // namespace vivier::funding
