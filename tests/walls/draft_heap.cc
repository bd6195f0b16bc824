#include "tests/walls/draft_heap.h"

#include "absl/strings/str_cat.h"

namespace vivier::testing {

using namespace funding::v1;  // NOLINT: the requests of one service, and little else

namespace {

constexpr char kAgreement[] = "schools/nancy/fundingAgreements/prf";

template <class Response, class Request>
void Must(DraftHeap& heap, const Request& request) {
  const auto response = heap.service().Ask<Response>(request);
  EXPECT_EQ(response.status(), absl::OkStatus()) << request.ShortDebugString();
}

template <class Response, class Request>
void ListAll(DraftHeap& heap) {
  Request request;
  request.set_parent("schools/nancy");
  Must<Response>(heap, request);
}

template <class Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

}  // namespace

DraftHeap::DraftHeap(storage::Engine engine, int drafts) : service_(engine, funding_.Rpc()) {
  AddAgreement();
  AddInvoices("draft-", "DRAFT", "0", drafts);
  AddEarnings("'a-' || i", "'schools/nancy/invoices/draft-' || i", drafts);
  AddInvoices("issued-", "ISSUED", "i", kIssued);
  AddEarnings("'m-' || i",
              absl::StrCat("'schools/nancy/invoices/issued-' || (1 + (i % ", kIssued, "))"),
              kIssued * kLines);
  AddEarnings("'z-' || i", "''", kOpen);
}

void DraftHeap::AddAgreement() {
  service_.Execute(
      "INSERT INTO funders (school, name, version, title, kind, siret, lheo_code) VALUES "
      "('nancy', 'schools/nancy/funders/region', 1, 'Region', 'REGIONAL_COUNCIL', '', 0)");
  service_.Execute(absl::StrCat(
      "INSERT INTO funding_agreements (school, name, version, funder, title, currency_code, "
      "ceiling_cents, valid_from, valid_until, state, amendment_count) VALUES ('nancy', '",
      kAgreement,
      "', 1, 'schools/nancy/funders/region', 'PRF', 'EUR', 100000000, '2026-01-01', "
      "'2027-12-31', 'ACTIVE', 1)"));
  service_.Execute(absl::StrCat(
      "INSERT INTO agreement_balances (school, name, version, ceiling_cents, reserved_cents, "
      "earned_cents, invoiced_cents, paid_cents) VALUES ('nancy', '",
      kAgreement, "/balance', 1, 100000000, 0, 50000000, 0, 0)"));
}

void DraftHeap::AddEarnings(const std::string& id, const std::string& invoice, int count) {
  service_.Fill(
      "earnings (school, name, version, presence_entry, share, revision, reversal, "
      "funding_agreement, reservation, date, minutes, price_cents, earned_cents, own_cents, "
      "invoice, funder)",
      absl::StrCat("'nancy', 'schools/nancy/earnings/' || ", id, ", 1, ", id, ", 1, 1, 0, '",
                   kAgreement, "', '', '2026-11-01', 60, 100, 100, 0, ", invoice,
                   ", 'schools/nancy/funders/region'"),
      1, count);
}

void DraftHeap::AddInvoices(const std::string& id, const std::string& state,
                            const std::string& number, int count) {
  service_.Fill(
      "invoices (school, name, version, funding_agreement, until_date, state, number, issue_date, "
      "total_cents, paid_cents, line_count, complete, funder)",
      absl::StrCat("'nancy', 'schools/nancy/invoices/", id, "' || i, 1, '", kAgreement,
                   "', '2026-11-30', '", state, "', ", number, ", ",
                   state == "DRAFT" ? "CAST(NULL AS TEXT)" : "'2026-12-01'",
                   ", 100, 0, 1, 1, 'schools/nancy/funders/region'"),
      1, count);
}

void DraftHeap::ActForFunder() {
  service_.caller = {"nadia",
                     security::Caller::Kind::kPartner,
                     {"funder"},
                     {"nancy"},
                     "schools/nancy/funders/region"};
}

void DraftHeap::ActForSchool() {
  service_.caller = {"somebody", security::Caller::Kind::kPerson, {}, {"nancy"}, ""};
}

std::vector<DraftHeap::Act> DraftHeap::Acts() {
  const auto as_funder = [](const std::function<void(DraftHeap&)>& run) {
    return [run](DraftHeap& heap) {
      heap.ActForFunder();
      run(heap);
      heap.ActForSchool();
    };
  };
  return {
      {"ListEarnings of a funder", as_funder(&ListAll<ListEarningsResponse, ListEarningsRequest>)},
      {"ListInvoices of a funder", as_funder(&ListAll<ListInvoicesResponse, ListInvoicesRequest>)},
      {"ListFundingAgreements of a funder",
       as_funder(&ListAll<ListFundingAgreementsResponse, ListFundingAgreementsRequest>)},
      {"ListInvoiceLines", as_funder([](DraftHeap& heap) {
         ListInvoiceLinesRequest request;
         request.set_parent("schools/nancy/invoices/issued-1");
         Must<ListInvoiceLinesResponse>(heap, request);
       })},
      {"ListEarnings", &ListAll<ListEarningsResponse, ListEarningsRequest>},
      {"ListInvoices", &ListAll<ListInvoicesResponse, ListInvoicesRequest>},
      {"CreateInvoice",
       [](DraftHeap& heap) {
         CreateInvoiceRequest request;
         request.set_parent("schools/nancy");
         request.set_invoice_id("new");
         request.mutable_invoice()->set_funding_agreement(kAgreement);
         request.mutable_invoice()->mutable_until_date()->set_year(2026);
         request.mutable_invoice()->mutable_until_date()->set_month(12);
         request.mutable_invoice()->mutable_until_date()->set_day(31);
         Must<Invoice>(heap, request);
       }},
      {"IssueInvoice",
       [](DraftHeap& heap) {
         auto request = Named<IssueInvoiceRequest>("schools/nancy/invoices/draft-2");
         request.mutable_issue_date()->set_year(2027);
         request.mutable_issue_date()->set_month(1);
         request.mutable_issue_date()->set_day(2);
         Must<Invoice>(heap, request);
       }},
      {"GetEarning", as_funder([](DraftHeap& heap) {
         Must<Earning>(heap, Named<GetEarningRequest>("schools/nancy/earnings/z-7"));
       })},
  };
}

}  // namespace vivier::testing
