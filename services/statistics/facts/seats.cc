#include "services/statistics/facts/seats.h"

#include "services/statistics/cells/find_or_make.h"
#include "services/statistics/cells/rules.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {

using rpc::Call;

void SeatFacts::AddTo(rpc::Service& service) {
  service.Keeps(seats_)
      .Keeps(sheets_)
      .React(*this, &SeatFacts::OnSeatReleased)
      .React(*this, &SeatFacts::OnSeatFunded)
      .React(*this, &SeatFacts::OnAttendanceSheetSealed)
      .React(*this, &SeatFacts::OnAttendanceSheetPosted)
      .React(*this, &SeatFacts::OnInvoiceIssued)
      .React(*this, &SeatFacts::OnApplicationSubmitted)
      .React(*this, &SeatFacts::OnApplicationRejected)
      .React(*this, &SeatFacts::OnContractSigned)
      .React(*this, &SeatFacts::OnContractBroken);
}

absl::Status SeatFacts::OnSeatReleased(Call& call, const enrolment::v1::SeatReleased& event) {
  ASSIGN_OR_RETURN(v1::SeatFact fact,
                   FindOrMake(call, seats_, NameIn(call.school(), "seatFacts", event.hold())));
  const Changes changes = Release(event, fact);
  RETURN_IF_ERROR(Put(call, seats_, fact));
  return cells_.Apply(call, changes);
}

absl::Status SeatFacts::OnSeatFunded(Call& call, const funding::v1::SeatFunded& event) {
  ASSIGN_OR_RETURN(v1::SeatFact fact,
                   FindOrMake(call, seats_, NameIn(call.school(), "seatFacts", event.hold())));
  const Changes changes = Fund(event, fact);
  RETURN_IF_ERROR(Put(call, seats_, fact));
  return cells_.Apply(call, changes);
}

absl::Status SeatFacts::OnAttendanceSheetSealed(Call& call,
                                                const enrolment::v1::AttendanceSheetSealed& event) {
  ASSIGN_OR_RETURN(v1::SheetFact fact, FindOrMake(call, sheets_,
                                                  NameIn(call.school(), "sheetFacts",
                                                         IdInSchool(event.attendance_sheet()))));
  const Changes changes = Seal(event, fact);
  if (changes.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Put(call, sheets_, fact));
  return cells_.Apply(call, changes);
}

absl::Status SeatFacts::OnAttendanceSheetPosted(Call& call,
                                                const funding::v1::AttendanceSheetPosted& event) {
  return cells_.Apply(call, Post(event));
}

absl::Status SeatFacts::OnInvoiceIssued(Call& call, const funding::v1::InvoiceIssued& event) {
  return cells_.Apply(call, Invoice(event));
}

absl::Status SeatFacts::OnApplicationSubmitted(Call& call,
                                               const enrolment::v1::ApplicationSubmitted& event) {
  return cells_.Apply(call, Submit(event));
}

absl::Status SeatFacts::OnApplicationRejected(Call& call,
                                              const enrolment::v1::ApplicationRejected& event) {
  return cells_.Apply(call, Reject(event));
}

absl::Status SeatFacts::OnContractSigned(Call& call, const partners::v1::ContractSigned& event) {
  return cells_.Apply(call, SignContract(event));
}

absl::Status SeatFacts::OnContractBroken(Call& call, const partners::v1::ContractBroken& event) {
  return cells_.Apply(call, BreakContract(event));
}

}  // namespace vivier::statistics
