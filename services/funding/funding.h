// The service of money: its rpcs and its reactions to enrolment's log. Every function loads, lets
// rules.h and seat_money.h decide, stores and tells. Stateless but for its tables, therefore
// thread-safe.
//
//   funding.cc      wiring, agreements, plans
//   reservation.cc  seats that are held, released and taken by a learner
//   posting.cc      sealed sheets: what each half-day earned
//   invoice.cc      invoices and payments
//   funders_view.h  what a funder sees of all this
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/type/date.pb.h"
#include "services/funding/funders_view.h"
#include "services/funding/seat_money.h"
#include "shared/service/call.h"
#include "shared/service/service.h"
#include "shared/storage/log/table.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/funding/v1/ledger.pb.h"
#include "vivier/funding/v1/resources.pb.h"

namespace vivier::funding {

// What a posting says of itself in the journal.
struct Subject {
  std::string id;    // begins the entries' ids, "e.ai-1.2026-11-22-am.marie.1.1"
  std::string name;  // the resource
  google::type::Date date;
};

class Funding {
 public:
  rpc::Service Rpc();

 private:
  // Agreements and plans.
  absl::StatusOr<v1::FundingAgreement> CreateFundingAgreement(
      rpc::Call& call, const v1::CreateFundingAgreementRequest& request);
  absl::StatusOr<v1::FundingAgreement> AmendFundingAgreement(
      rpc::Call& call, const v1::AmendFundingAgreementRequest& request);
  absl::StatusOr<v1::FundingAgreement> CloseFundingAgreement(
      rpc::Call& call, const v1::CloseFundingAgreementRequest& request);
  absl::StatusOr<v1::FundingPlan> CreateFundingPlan(rpc::Call& call,
                                                    const v1::CreateFundingPlanRequest& request);
  absl::Status CeilingBelowCommitted(rpc::Call& call, const v1::AgreementBalance& balance,
                                     int64_t ceiling_cents);

  // Reservations.
  absl::Status OnSeatHeld(rpc::Call& call, const enrolment::v1::SeatHeld& event);
  absl::Status OnSeatReleased(rpc::Call& call, const enrolment::v1::SeatReleased& event);
  absl::Status OnLearnerEnrolled(rpc::Call& call, const enrolment::v1::LearnerEnrolled& event);
  absl::Status Refuse(rpc::Call& call, const enrolment::v1::SeatHeld& event,
                      v1::SeatRefused::Cause cause, const std::string& agreement,
                      v1::Reservation& reservation);
  absl::Status ReserveSeat(rpc::Call& call, const enrolment::v1::SeatHeld& event, Paying& paying,
                           v1::Reservation& reservation);

  // Sealed sheets.
  absl::Status OnAttendanceSheetSealed(rpc::Call& call,
                                       const enrolment::v1::AttendanceSheetSealed& event);
  absl::Status PostWithoutPlan(rpc::Call& call, const enrolment::v1::AttendanceSheetSealed& event);
  class SheetPosting;  // posting.cc

  // Invoices.
  absl::StatusOr<v1::Invoice> CreateInvoice(rpc::Call& call,
                                            const v1::CreateInvoiceRequest& request);
  absl::StatusOr<v1::Invoice> GatherInvoice(rpc::Call& call,
                                            const v1::GatherInvoiceRequest& request);
  absl::StatusOr<v1::Invoice> IssueInvoice(rpc::Call& call, const v1::IssueInvoiceRequest& request);
  absl::StatusOr<v1::Invoice> RecordPayment(rpc::Call& call,
                                            const v1::RecordPaymentRequest& request);
  absl::StatusOr<v1::ListInvoiceLinesResponse> ListInvoiceLines(
      rpc::Call& call, const v1::ListInvoiceLinesRequest& request);
  absl::Status Gather(rpc::Call& call, v1::Invoice& invoice);
  absl::Status TakeNumber(rpc::Call& call, const google::type::Date& issue_date,
                          v1::Invoice& invoice);

  // The plan of a cohort with everything that pays for it, or nothing where there is no plan.
  absl::StatusOr<std::optional<Paying>> FindPaying(rpc::Call& call, const std::string& cohort);
  absl::Status StoreBalances(rpc::Call& call, Paying& paying);
  // Gives the transfers their names and stores them.
  absl::Status Journal(rpc::Call& call, const Subject& subject, Transfers& transfers);
  // The cohorts whose plans use any of the agreements, each once.
  absl::StatusOr<std::vector<std::string>> CohortsPaidBy(
      rpc::Call& call, const std::vector<std::string>& agreements);
  absl::Status TellMoneyCameFree(rpc::Call& call, const std::vector<std::string>& agreements);

  FundersView funders_view_;
  storage::Table<v1::Funder> funders_;
  storage::Table<v1::FundingAgreement> agreements_;
  storage::Table<v1::AgreementBalance> balances_;
  storage::Table<v1::FundingPlan> plans_;
  storage::Table<v1::SeatUse> seat_uses_;
  storage::Table<v1::FundedSeat> seats_;
  storage::Table<v1::Reservation> reservations_;
  storage::Table<v1::JournalEntry> journal_;
  storage::Table<v1::Earning> earnings_;
  storage::Table<v1::PresencePosting> postings_;
  storage::Table<v1::Finding> findings_;
  storage::Table<v1::Invoice> invoices_;
  storage::Table<v1::InvoiceSequence> sequences_;
  storage::Table<v1::Payment> payments_;
};

// The agreements of a plan.
std::vector<std::string> AgreementsOf(const Paying& paying);

}  // namespace vivier::funding
