// The statistics service: counts what the other services' events say into declared tables, computes
// indicators from them, sends them to parents and, at a parent, adds the members up. Stateless
// besides its tables; thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/empty.pb.h"
#include "services/statistics/rules.h"
#include "services/statistics/submission.h"
#include "shared/service/service.h"
#include "shared/storage/log/table.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/statistics/v1/events.pb.h"
#include "vivier/statistics/v1/resources.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::statistics {

class Statistics {
 public:
  rpc::Service Rpc();

 private:
  using Call = rpc::Call;

  // statistics.cc: figures of this school.
  absl::StatusOr<v1::IndicatorDictionary> GetIndicatorDictionary(
      Call& call, const v1::GetIndicatorDictionaryRequest& request);
  absl::StatusOr<v1::ComputeOwnIndicatorsResponse> ComputeOwnIndicators(
      Call& call, const v1::ComputeOwnIndicatorsRequest& request);
  absl::StatusOr<v1::ComputeIndicatorsResponse> ComputeIndicators(
      Call& call, const v1::ComputeIndicatorsRequest& request);
  absl::StatusOr<v1::ComputeSubmissionResponse> ComputeSubmission(
      Call& call, const v1::ComputeSubmissionRequest& request);
  absl::StatusOr<v1::RequestSubmissionResponse> RequestSubmission(
      Call& call, const v1::RequestSubmissionRequest& request);
  // Sends the figures as they are by then, so a newer revision may arrive than the event names.
  absl::Status SendSubmission(const rpc::Outside& outside, const v1::SubmissionDue& event);
  // Adds the cells of one cohort, "" for the tables that no cohort divides.
  absl::Status AddCohort(Call& call, const std::string& cohort, Counts& counts);
  absl::StatusOr<Counts> YearOf(Call& call, int year);
  // All cells; cohorts whose opening is not known yet are counted in year 0.
  absl::StatusOr<ByYear> AllYears(Call& call);

  // network.cc: what a parent does.
  absl::StatusOr<v1::Submission> SubmitCells(Call& call, const v1::SubmitCellsRequest& request);
  absl::StatusOr<v1::GetFreshnessResponse> GetFreshness(Call& call,
                                                        const v1::GetFreshnessRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteMember(Call& call,
                                                       const v1::DeleteMemberRequest& request);
  absl::Status CheckMember(Call& call, const v1::Member* before, v1::Member& after);
  absl::Status MayBeAdded(Call& call, const std::string& site);
  absl::StatusOr<v1::Submission> SetAside(Call& call, const v1::SubmitCellsRequest& request,
                                          const std::vector<std::string>& findings);
  absl::StatusOr<v1::Submission> Accept(Call& call, const v1::SubmitCellsRequest& request,
                                        const v1::Submission* before);
  absl::Status ReplaceYears(Call& call, const std::string& site, const ByYear& years);

  // reactions.cc: what is followed.
  absl::Status OnCohortOpened(Call& call, const enrolment::v1::CohortOpened& event);
  absl::Status OnApplicationSubmitted(Call& call, const enrolment::v1::ApplicationSubmitted& event);
  absl::Status OnApplicationRejected(Call& call, const enrolment::v1::ApplicationRejected& event);
  absl::Status OnLearnerEnrolled(Call& call, const enrolment::v1::LearnerEnrolled& event);
  absl::Status OnLearnerLeft(Call& call, const enrolment::v1::LearnerLeft& event);
  absl::Status OnLearnerFinished(Call& call, const enrolment::v1::LearnerFinished& event);
  absl::Status OnAttendanceSheetSealed(Call& call,
                                       const enrolment::v1::AttendanceSheetSealed& event);
  absl::Status OnOutcomeRecorded(Call& call, const enrolment::v1::OutcomeRecorded& event);
  absl::Status OnSeatReleased(Call& call, const enrolment::v1::SeatReleased& event);
  absl::Status OnSeatFunded(Call& call, const funding::v1::SeatFunded& event);
  absl::Status OnAttendanceSheetPosted(Call& call, const funding::v1::AttendanceSheetPosted& event);
  absl::Status OnInvoiceIssued(Call& call, const funding::v1::InvoiceIssued& event);
  // Folds the person into the base cells.
  absl::Status OnPersonErased(Call& call, const enrolment::v1::PersonErased& event);
  absl::Status OnCertificateAwarded(Call& call, const curriculum::v1::CertificateAwarded& event);
  absl::Status OnContractSigned(Call& call, const partners::v1::ContractSigned& event);
  absl::Status OnContractBroken(Call& call, const partners::v1::ContractBroken& event);
  absl::Status TellOfChange(Call& call, const std::string& clock);
  absl::Status EmitSubmissionDue(Call& call, v1::SubmissionClock clock);
  // Adds the changes to their cells and, when one moved, sets the clock of the next submission.
  absl::Status Apply(Call& call, const Changes& changes);

  storage::Table<v1::Cell> cells_;
  storage::Table<v1::CohortFact> cohorts_;
  storage::Table<v1::LearnerFact> learners_;
  storage::Table<v1::BaseCell> base_cells_;
  storage::Table<v1::LearnerResult> results_;
  storage::Table<v1::SeatFact> seats_;
  storage::Table<v1::SheetFact> sheets_;
  storage::Table<v1::SubmissionClock> clocks_;
  storage::Table<v1::Member> members_;
  storage::Table<v1::Submission> submissions_;
  storage::Table<v1::QuarantinedSubmission> quarantined_;
  storage::Table<v1::SiteYear> site_years_;
};

}  // namespace vivier::statistics
