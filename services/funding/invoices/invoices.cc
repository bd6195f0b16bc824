#include "services/funding/invoices/invoices.h"

#include "absl/strings/str_cat.h"
#include "services/funding/funders/rules.h"
#include "services/funding/invoices/states.h"
#include "services/funding/journal/names.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/funding/v1/reasons.pb.h"

namespace vivier::funding {
namespace {

using rpc::Call;
using v1::Invoice;

// Lines that one request adds: with the invoice itself below the 1,000 rows that a handler may
// touch.
constexpr int kGatheredMax = 900;

absl::Status MustBeDraft(const Invoice& invoice, absl::string_view act) {
  if (MayDo(kInvoiceTransitions, invoice.state(), act)) return absl::OkStatus();
  return Refused(v1::INVOICE_NOT_DRAFT, "the invoice was issued and never changes again",
                 {{"invoice", invoice.name()}});
}

}  // namespace

void Invoices::AddTo(rpc::Service& service) {
  service.Standard(invoices_)
      .Standard(payments_)
      .Keeps(sequences_)
      .On(*this, &Invoices::CreateInvoice)
      .On(*this, &Invoices::GatherInvoice)
      .On(*this, &Invoices::IssueInvoice)
      .On(*this, &Invoices::RecordPayment);
}

absl::StatusOr<Invoice> Invoices::CreateInvoice(Call& call,
                                                const v1::CreateInvoiceRequest& request) {
  Invoice invoice;
  invoice.set_name(NameIn(call.school(), "invoices", request.invoice_id()));
  invoice.set_funding_agreement(request.invoice().funding_agreement());
  *invoice.mutable_until_date() = request.invoice().until_date();
  invoice.set_state(Invoice::DRAFT);
  ASSIGN_OR_RETURN(const v1::FundingAgreement agreement,
                   funders_.agreements().Get(call, invoice.funding_agreement()));
  invoice.set_funder(agreement.funder());
  RETURN_IF_ERROR(Gather(call, invoice));
  RETURN_IF_ERROR(invoices_.Insert(call, invoice));
  return invoice;
}

absl::StatusOr<Invoice> Invoices::GatherInvoice(Call& call,
                                                const v1::GatherInvoiceRequest& request) {
  ASSIGN_OR_RETURN(Invoice invoice, invoices_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(MustBeDraft(invoice, "GatherInvoice"));
  RETURN_IF_ERROR(Gather(call, invoice));
  RETURN_IF_ERROR(invoices_.Update(call, invoice));
  return invoice;
}

absl::Status Invoices::Gather(Call& call, Invoice& invoice) {
  // One more than is taken says whether there are more.
  ASSIGN_OR_RETURN(
      std::vector<v1::Earning> earnings,
      earnings_.Waiting(call, invoice.funding_agreement(), invoice.until_date(), kGatheredMax + 1));
  if (earnings.empty())
    return Refused(v1::NOTHING_TO_INVOICE, "nothing earned up to the date waits for an invoice",
                   {{"agreement", invoice.funding_agreement()}});
  invoice.set_complete(earnings.size() <= kGatheredMax);
  if (!invoice.complete()) earnings.pop_back();
  for (v1::Earning& earning : earnings) {
    invoice.set_total_cents(invoice.total_cents() + earning.earned_cents());
    invoice.set_line_count(invoice.line_count() + 1);
    RETURN_IF_ERROR(earnings_.PutOnInvoice(call, invoice.name(), earning));
  }
  return absl::OkStatus();
}

absl::StatusOr<Invoice> Invoices::IssueInvoice(Call& call, const v1::IssueInvoiceRequest& request) {
  ASSIGN_OR_RETURN(Invoice invoice, invoices_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(MustBeDraft(invoice, "IssueInvoice"));
  if (invoice.total_cents() <= 0)
    return Refused(v1::TOTAL_NOT_POSITIVE, "the lines do not sum to a claim",
                   {{"invoice", invoice.name()}});
  RETURN_IF_ERROR(TakeNumber(call, request.issue_date(), invoice));
  invoice.set_state(Invoice::ISSUED);
  RETURN_IF_ERROR(invoices_.Update(call, invoice));

  ASSIGN_OR_RETURN(v1::AgreementBalance balance,
                   journal_.balances().Get(call, BalanceOf(invoice.funding_agreement())));
  Transfers transfers;
  Invoiced(invoice.total_cents(), balance, transfers);
  RETURN_IF_ERROR(journal_.Store(call, balance));
  RETURN_IF_ERROR(journal_.Post(
      call, {absl::StrCat("i.", IdOf(invoice.name())), invoice.name(), request.issue_date()},
      transfers));

  v1::InvoiceIssued issued;
  issued.set_invoice(invoice.name());
  issued.set_funding_agreement(invoice.funding_agreement());
  issued.set_total_cents(invoice.total_cents());
  RETURN_IF_ERROR(call.Emit(issued));
  return invoice;
}

// The counter's row is written with the invoice, so a number is given only to an invoice that is
// issued.
absl::Status Invoices::TakeNumber(Call& call, const google::type::Date& issue_date,
                                  Invoice& invoice) {
  const std::string name =
      NameIn(call.school(), "invoiceSequences", absl::StrCat(issue_date.year()));
  ASSIGN_OR_RETURN(std::optional<v1::InvoiceSequence> found, sequences_.Find(call, name));
  v1::InvoiceSequence sequence = found.value_or(v1::InvoiceSequence());
  if (found.has_value() && Compare(issue_date, sequence.last_issue_date()) < 0)
    return Refused(v1::ISSUE_DATE_OUT_OF_ORDER, "numbers follow the dates",
                   {{"last_issue_date", DateText(sequence.last_issue_date())}});
  sequence.set_name(name);
  sequence.set_last_number(sequence.last_number() + 1);
  *sequence.mutable_last_issue_date() = issue_date;
  invoice.set_number(sequence.last_number());
  *invoice.mutable_issue_date() = issue_date;
  return found.has_value() ? sequences_.Update(call, sequence) : sequences_.Insert(call, sequence);
}

absl::StatusOr<Invoice> Invoices::RecordPayment(Call& call,
                                                const v1::RecordPaymentRequest& request) {
  ASSIGN_OR_RETURN(Invoice invoice, invoices_.Get(call, request.name(), request.etag()));
  if (!MayDo(kInvoiceTransitions, invoice.state(), "RecordPayment"))
    return Refused(v1::INVOICE_NOT_PAYABLE,
                   "only an issued invoice that is not yet paid takes a payment",
                   {{"invoice", invoice.name()}});
  const int64_t rest_cents = invoice.total_cents() - invoice.paid_cents();
  if (request.amount_cents() > rest_cents)
    return Refused(v1::PAYMENT_ABOVE_REST, "more than the rest of the invoice",
                   {{"invoice", invoice.name()}, {"rest_cents", absl::StrCat(rest_cents)}});
  v1::Payment payment;
  payment.set_name(absl::StrCat(invoice.name(), "/payments/", request.payment_id()));
  payment.set_amount_cents(request.amount_cents());
  *payment.mutable_value_date() = request.value_date();
  payment.set_reference(request.reference());
  RETURN_IF_ERROR(payments_.Insert(call, payment));
  invoice.set_paid_cents(invoice.paid_cents() + request.amount_cents());
  if (request.amount_cents() == rest_cents) invoice.set_state(Invoice::PAID);
  RETURN_IF_ERROR(invoices_.Update(call, invoice));

  ASSIGN_OR_RETURN(v1::AgreementBalance balance,
                   journal_.balances().Get(call, BalanceOf(invoice.funding_agreement())));
  Transfers transfers;
  Paid(request.amount_cents(), balance, transfers);
  RETURN_IF_ERROR(journal_.Store(call, balance));
  RETURN_IF_ERROR(
      journal_.Post(call,
                    {absl::StrCat("p.", IdOf(invoice.name()), ".", request.payment_id()),
                     payment.name(), request.value_date()},
                    transfers));
  return invoice;
}

}  // namespace vivier::funding
