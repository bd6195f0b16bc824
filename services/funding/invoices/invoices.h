// Invoices gather what was earned; payments close them. Stateless besides its tables, hence
// thread-safe.
#pragma once

#include "google/type/date.pb.h"
#include "services/funding/earnings/earnings.h"
#include "services/funding/funders/funders.h"
#include "services/funding/journal/journal.h"
#include "shared/service/service.h"
#include "vivier/funding/v1/invoices.pb.h"

namespace vivier::funding {

class Invoices {
 public:
  Invoices(Journal& journal, Funders& funders, Earnings& earnings)
      : journal_(journal), funders_(funders), earnings_(earnings) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Invoice>& rows() const { return invoices_; }
  const storage::Rows<v1::Payment>& payments() const { return payments_; }

 private:
  absl::StatusOr<v1::Invoice> CreateInvoice(rpc::Call& call,
                                            const v1::CreateInvoiceRequest& request);
  absl::StatusOr<v1::Invoice> GatherInvoice(rpc::Call& call,
                                            const v1::GatherInvoiceRequest& request);
  absl::StatusOr<v1::Invoice> IssueInvoice(rpc::Call& call, const v1::IssueInvoiceRequest& request);
  absl::StatusOr<v1::Invoice> RecordPayment(rpc::Call& call,
                                            const v1::RecordPaymentRequest& request);
  absl::Status Gather(rpc::Call& call, v1::Invoice& invoice);
  absl::Status TakeNumber(rpc::Call& call, const google::type::Date& issue_date,
                          v1::Invoice& invoice);

  Journal& journal_;
  Funders& funders_;
  Earnings& earnings_;
  storage::Table<v1::Invoice> invoices_;
  storage::Table<v1::InvoiceSequence> sequences_;
  storage::Table<v1::Payment> payments_;
};

}  // namespace vivier::funding
