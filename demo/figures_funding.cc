// What funding says: reservations, balances beside the journal and the earnings, the invoice line
// by line.
#include "demo/figures.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::demo {
namespace {

namespace funding = funding::v1;

std::string AgreementFigure(const std::string& funder, absl::string_view figure) {
  return absl::StrCat("agreements.", funder, ".", figure);
}

absl::Status ReadReservations(Stage& stage, Figures& figures) {
  funding::ListReservationsRequest request;
  request.set_parent(stage.School());
  request.set_filter(absl::StrCat("cohort = \"", stage.Cohort(), "\""));
  return stage.ReadPages<funding::ListReservationsResponse>(request, [&](const auto& page) {
    for (const funding::Reservation& reservation : page.reservations())
      figures.Add(
          "reservations." + FigureName(funding::Reservation::State_Name(reservation.state())), 1);
  });
}

absl::Status ReadBalance(Stage& stage, const std::string& funder, Figures& figures) {
  funding::GetAgreementBalanceRequest request;
  request.set_name(stage.Agreement(funder) + "/balance");
  ASSIGN_OR_RETURN(auto balance, stage.Read<funding::AgreementBalance>(request));
  figures.Add(AgreementFigure(funder, "ceiling_cents"), balance.ceiling_cents());
  figures.Add(AgreementFigure(funder, "reserved_cents"), balance.reserved_cents());
  figures.Add(AgreementFigure(funder, "earned_cents"), balance.earned_cents());
  figures.Add(AgreementFigure(funder, "invoiced_cents"), balance.invoiced_cents());
  return absl::OkStatus();
}

// Received less given, for the accounts of the story's agreements.
absl::Status ReadJournal(Stage& stage, Figures& figures) {
  std::map<std::string, std::string> accounts;  // account → figure
  for (const v1::FundingShare& share : stage.story().funding())
    for (const char* account : {"reserved", "earned"})
      accounts[absl::StrCat("fundingAgreements/", stage.Id(share.id()), "/", account)] =
          AgreementFigure(share.id(), absl::StrCat("journal_", account, "_cents"));
  funding::ListJournalEntriesRequest request;
  request.set_parent(stage.School());
  return stage.ReadPages<funding::ListJournalEntriesResponse>(request, [&](const auto& page) {
    for (const funding::JournalEntry& entry : page.journal_entries()) {
      if (accounts.count(entry.debit_account()) > 0)
        figures.Add(accounts[entry.debit_account()], entry.amount_cents());
      if (accounts.count(entry.credit_account()) > 0)
        figures.Add(accounts[entry.credit_account()], -entry.amount_cents());
    }
  });
}

absl::Status ReadEarnings(Stage& stage, const v1::FundingShare& share, Figures& figures) {
  const bool first = share.id() == stage.story().funding(0).id();
  funding::ListEarningsRequest request;
  request.set_parent(stage.School());
  request.set_filter(absl::StrCat("funding_agreement = \"", stage.Agreement(share.id()), "\""));
  return stage.ReadPages<funding::ListEarningsResponse>(request, [&](const auto& page) {
    for (const funding::Earning& earning : page.earnings()) {
      figures.Add("earnings.count", 1);
      figures.Add("earnings.reversals", earning.reversal() ? 1 : 0);
      figures.Add("earnings.own_cents", earning.own_cents());
      figures.Add("earnings.minutes", first ? earning.minutes() : 0);
      figures.Add(AgreementFigure(share.id(), "earnings_cents"), earning.earned_cents());
    }
  });
}

absl::Status ReadInvoice(Stage& stage, Figures& figures) {
  funding::GetInvoiceRequest get;
  get.set_name(stage.In("invoices", stage.Id(stage.story().billing().funder_id())));
  ASSIGN_OR_RETURN(auto invoice, stage.Read<funding::Invoice>(get));
  figures.Add("invoice.total_cents", invoice.total_cents());
  figures.Add("invoice.line_count", invoice.line_count());
  funding::ListInvoiceLinesRequest lines;
  lines.set_parent(invoice.name());
  return stage.ReadPages<funding::ListInvoiceLinesResponse>(lines, [&](const auto& page) {
    for (const funding::InvoiceLine& line : page.invoice_lines()) {
      figures.Add("invoice.lines", 1);
      figures.Add("invoice.lines_cents", line.amount_cents());
      figures.Add("invoice.lines_minutes", line.minutes());
    }
  });
}

}  // namespace

absl::Status ReadFunding(Stage& stage, Figures& figures) {
  RETURN_IF_ERROR(ReadReservations(stage, figures));
  for (const v1::FundingShare& share : stage.story().funding()) {
    RETURN_IF_ERROR(ReadBalance(stage, share.id(), figures));
    RETURN_IF_ERROR(ReadEarnings(stage, share, figures));
  }
  RETURN_IF_ERROR(ReadJournal(stage, figures));
  return ReadInvoice(stage, figures);
}

}  // namespace vivier::demo
