// What each sealed half-day earned: posted sheet by sheet, put on invoices, and found where no
// funder covers it. Follows enrolment's sealed sheets. Stateless besides its tables, hence
// thread-safe.
//
//   earnings.cc   what others ask of earnings      posting.h   sealed sheets
#pragma once

#include <string>
#include <vector>

#include "google/type/date.pb.h"
#include "services/funding/journal/journal.h"
#include "services/funding/plans/plans.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/funding/v1/earnings.pb.h"
#include "vivier/funding/v1/events.pb.h"

namespace vivier::funding {

class Earnings {
 public:
  Earnings(Journal& journal, Plans& plans) : journal_(journal), plans_(plans) {}

  // Puts its rpcs, reactions and invariants into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Earning>& rows() const { return earnings_; }

  // What was earned under the agreement up to that day and waits for an invoice: the oldest first,
  // at most `count`.
  absl::StatusOr<std::vector<v1::Earning>> Waiting(rpc::Call& call, const std::string& agreement,
                                                   const google::type::Date& until, int count);
  absl::Status PutOnInvoice(rpc::Call& call, const std::string& invoice, v1::Earning& earning);

 private:
  absl::Status OnAttendanceSheetSealed(rpc::Call& call,
                                       const enrolment::v1::AttendanceSheetSealed& event);
  absl::Status PostWithoutPlan(rpc::Call& call, const enrolment::v1::AttendanceSheetSealed& event);
  class SheetPosting;  // posting.h

  Journal& journal_;
  Plans& plans_;
  storage::Table<v1::Earning> earnings_;
  storage::Table<v1::PresencePosting> postings_;
  storage::Table<v1::Finding> findings_;
};

}  // namespace vivier::funding
