// What is remembered of seats and sheets, and what is counted without being remembered:
// applications, invoices, contracts. Stateless besides its tables, hence thread-safe.
#pragma once

#include "services/statistics/cells/cells.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/partners/v1/events.pb.h"
#include "vivier/statistics/v1/facts.pb.h"

namespace vivier::statistics {

class SeatFacts {
 public:
  explicit SeatFacts(Cells& cells) : cells_(cells) {}

  // Puts its reactions into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::Status OnSeatReleased(rpc::Call& call, const enrolment::v1::SeatReleased& event);
  absl::Status OnSeatFunded(rpc::Call& call, const funding::v1::SeatFunded& event);
  absl::Status OnAttendanceSheetSealed(rpc::Call& call,
                                       const enrolment::v1::AttendanceSheetSealed& event);
  absl::Status OnAttendanceSheetPosted(rpc::Call& call,
                                       const funding::v1::AttendanceSheetPosted& event);
  absl::Status OnInvoiceIssued(rpc::Call& call, const funding::v1::InvoiceIssued& event);
  absl::Status OnApplicationSubmitted(rpc::Call& call,
                                      const enrolment::v1::ApplicationSubmitted& event);
  absl::Status OnApplicationRejected(rpc::Call& call,
                                     const enrolment::v1::ApplicationRejected& event);
  absl::Status OnContractSigned(rpc::Call& call, const partners::v1::ContractSigned& event);
  absl::Status OnContractBroken(rpc::Call& call, const partners::v1::ContractBroken& event);

  Cells& cells_;
  storage::Table<v1::SeatFact> seats_;
  storage::Table<v1::SheetFact> sheets_;
};

}  // namespace vivier::statistics
