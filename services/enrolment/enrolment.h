// The service: from candidate to outcome. A function per rpc, reaction and tick, each over one unit
// of work; what is decided is decided in rules.h, eligibility.h and attendance_rules.h. Stateless
// besides its tables, hence thread-safe.
//
//   enrolment.cc   wiring, schools, candidates and cohorts      attendance.cc   sheets and presence
//   admission.cc   applications, from panel to candidate        learners.cc     learners and outcomes
//   seats.cc       funding's answers, deadlines, who follows    import_handler.cc  applications from files
//   erasure.cc     erasure and retention                        access.h       links, invitations, partners' programs
#pragma once

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "services/enrolment/access.h"
#include "services/enrolment/imports.h"
#include "services/enrolment/rules.h"
#include "shared/service/service.h"
#include "vivier/curriculum/v1/events.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/partners/v1/events.pb.h"

namespace vivier::enrolment {

using rpc::Call;

class Enrolment {
 public:
  rpc::Service Rpc();

 private:
  // IsInPlay as SQL. No IN (…): SQLite fills a table with its list at every run, which costs more
  // than the count.
  static constexpr char kInPlay[] =
      "CASE state WHEN 'SHORTLISTED' THEN 1 WHEN 'WAITLISTED' THEN 1 WHEN 'FUNDING_PENDING' THEN 1 "
      "WHEN 'AWAITING_FUNDING' THEN 1 WHEN 'ADMITTED' THEN 1 WHEN 'ACCEPTED' THEN 1 ELSE 0 END = 1";

  absl::StatusOr<v1::School> UpdateSchool(Call& call, const v1::UpdateSchoolRequest& request);
  absl::StatusOr<v1::Candidate> CreateCandidate(Call& call,
                                                const v1::CreateCandidateRequest& request);
  absl::StatusOr<v1::Erasure> EraseCandidate(Call& call, const v1::EraseCandidateRequest& request);
  absl::StatusOr<v1::Cohort> OpenCohort(Call& call, const v1::OpenCohortRequest& request);
  absl::StatusOr<v1::Cohort> StartCohort(Call& call, const v1::StartCohortRequest& request);
  absl::StatusOr<v1::Cohort> FinishCohort(Call& call, const v1::FinishCohortRequest& request);

  absl::StatusOr<v1::Application> SubmitApplication(Call& call,
                                                    const v1::SubmitApplicationRequest& request);
  absl::Status CheckImport(Call& call, const v1::ImportApplicationsRequest& request);
  absl::Status ImportRows(Call& call, const v1::ImportStep& step, v1::ImportMetadata& metadata,
                          v1::ImportReport& report);
  absl::StatusOr<v1::Application> AssessEligibility(Call& call,
                                                    const v1::AssessEligibilityRequest& request);
  absl::StatusOr<v1::Application> ScoreApplication(Call& call,
                                                   const v1::ScoreApplicationRequest& request);
  absl::StatusOr<v1::PublishRankingResponse> PublishRanking(
      Call& call, const v1::PublishRankingRequest& request);
  absl::StatusOr<v1::Application> AdmitApplication(Call& call,
                                                   const v1::AdmitApplicationRequest& request);
  absl::StatusOr<v1::Application> AcceptSeat(Call& call, const v1::AcceptSeatRequest& request);
  absl::StatusOr<v1::Application> DeclineSeat(Call& call, const v1::DeclineSeatRequest& request);
  absl::StatusOr<v1::Application> WithdrawApplication(
      Call& call, const v1::WithdrawApplicationRequest& request);
  absl::StatusOr<v1::Application> RejectApplication(Call& call,
                                                    const v1::RejectApplicationRequest& request);

  absl::StatusOr<v1::Learner> RecordExit(Call& call, const v1::RecordExitRequest& request);
  absl::StatusOr<v1::Outcome> RecordOutcome(Call& call, const v1::RecordOutcomeRequest& request);

  absl::StatusOr<v1::AttendanceSheet> OpenAttendanceSheet(
      Call& call, const v1::OpenAttendanceSheetRequest& request);
  absl::StatusOr<v1::PresenceEntry> SignPresence(Call& call,
                                                 const v1::SignPresenceRequest& request);
  absl::StatusOr<v1::PresenceEntry> RecordAbsence(Call& call,
                                                  const v1::RecordAbsenceRequest& request);
  absl::StatusOr<v1::AttendanceSheet> SignAttendanceSheet(
      Call& call, const v1::SignAttendanceSheetRequest& request);
  absl::StatusOr<v1::AttendanceSheet> SealAttendanceSheet(
      Call& call, const v1::SealAttendanceSheetRequest& request);
  absl::StatusOr<v1::PresenceEntry> CorrectPresence(Call& call,
                                                    const v1::CorrectPresenceRequest& request);

  absl::Status OnSeatFunded(Call& call, const funding::v1::SeatFunded& event);
  absl::Status OnSeatRefused(Call& call, const funding::v1::SeatRefused& event);
  absl::Status OnFundingPlanChanged(Call& call, const funding::v1::FundingPlanChanged& event);
  absl::Status OnContractSigned(Call& call, const partners::v1::ContractSigned& event);
  absl::Status OnContractBroken(Call& call, const partners::v1::ContractBroken& event);
  absl::Status OnCertificateAwarded(Call& call, const curriculum::v1::CertificateAwarded& event);
  // Of its own log: with EraseCandidate, and again when a restored backup is told.
  absl::Status OnPersonErased(Call& call, const v1::PersonErased& event);

  absl::Status ExpireHold(Call& call, const std::string& application);
  absl::Status ExpireAcceptance(Call& call, const std::string& application);
  absl::Status EraseUnsuccessful(Call& call, const std::string& candidate);

  absl::Status CheckCohort(Call& call, const v1::Cohort* before, v1::Cohort& after);
  absl::Status ChangeCapacity(Call& call, const v1::Cohort& cohort);
  absl::StatusOr<v1::CohortSeats> SeatsOf(Call& call, const std::string& cohort);
  absl::StatusOr<v1::Cohort> MoveCohort(Call& call, const std::string& name,
                                        const std::string& etag, v1::Cohort::State from,
                                        v1::Cohort::State to);
  absl::Status EndUnaccepted(Call& call, const v1::Cohort& cohort);

  // Names of the rows that know a person again: by e-mail, by name and birth date; as many as the
  // file has facts for.
  absl::StatusOr<std::vector<std::string>> KeysOf(Call& call, const v1::Candidate& candidate);
  // The person whom one of `keys` names, or "".
  absl::StatusOr<std::string> KnownAs(Call& call, const std::vector<std::string>& keys);
  // Stores those of `keys` that name nobody yet.
  absl::Status AddKeys(Call& call, const std::string& candidate,
                       const std::vector<std::string>& keys);
  // What is known again by another name, date or address from now on.
  absl::Status CheckCandidate(Call& call, const v1::Candidate& after);
  // Stores a new person, and his keys.
  absl::Status AddCandidate(Call& call, v1::Candidate& candidate,
                            const std::vector<std::string>& keys);
  absl::Status AddApplication(Call& call, const v1::Cohort& cohort, const v1::Candidate& candidate,
                              v1::Application& application);
  absl::StatusOr<v1::Erasure> Erase(Call& call, const std::string& name, v1::ErasureCause cause);
  // Sets when the file is to be erased, counted from now.
  absl::Status KeepUntilRetention(Call& call, v1::Candidate& candidate);
  // The application came to its end, from which retention counts anew.
  absl::Status Decided(Call& call, const v1::Application& application);
  // Stores what a row of a file says, or says in its report why not.
  absl::Status ImportOne(Call& call, const v1::Cohort& cohort, v1::ImportStep::Row& row);

  // The applications of the cohort in play, in the order of ranks, without the one called `except`.
  absl::StatusOr<std::vector<v1::Application>> Ranked(Call& call, const std::string& cohort,
                                                      const std::string& except);
  // Ends an application that somebody may end, with what follows from it: its seat, its learner,
  // those who wait.
  absl::Status Leave(Call& call, v1::Application& application, v1::Application::State end,
                     v1::SeatReleased::Cause cause);
  // Lets those who wait advance, and stores seats and applications that changed.
  absl::Status AdvanceAndStore(Call& call, const v1::Cohort& cohort, v1::CohortSeats seats,
                               std::vector<v1::Application> ranked, bool ask_again);
  // The worst rank of the cohort's applications that are not `listed`.
  absl::StatusOr<int> LastRank(Call& call, const std::string& cohort,
                               const std::vector<v1::Application>& listed);
  // Rejects what is still SUBMITTED and not `listed`; answers how many.
  absl::StatusOr<int> RejectOthers(Call& call, std::vector<v1::Application> submitted,
                                   const std::vector<v1::Application>& listed,
                                   const std::string& reason);
  absl::StatusOr<Standing> StandingOf(Call& call, const v1::Application& application);
  // Makes the learner of an application whose money is there.
  absl::Status Enrol(Call& call, const v1::Cohort& cohort, const v1::Application& application);
  absl::Status StoreSeats(Call& call, v1::CohortSeats& seats);
  absl::Status EndLearner(Call& call, const std::string& name, const google::type::Date& date,
                          v1::LearnerLeft::Cause cause);
  absl::Status EmitSeatHeld(Call& call, const v1::Cohort& cohort,
                            const v1::Application& application);
  absl::Status EmitRejected(Call& call, const v1::Application& application);
  absl::Status EmitSeatReleased(Call& call, const v1::Application& application,
                                v1::SeatReleased::Cause cause);
  // The school's civil date at `time`; that of UTC while the school has no row.
  absl::StatusOr<absl::CivilDay> DayOf(Call& call, absl::Time time);
  absl::Status StoreOutcome(Call& call, const v1::Learner& learner, v1::Outcome& outcome);
  absl::StatusOr<std::vector<v1::PresenceEntry>> EntriesOf(Call& call, const std::string& sheet);
  // The next link of the cohort's chain; sets the sheet's place in it.
  absl::Status AppendSeal(Call& call, const std::vector<v1::PresenceEntry>& entries,
                          v1::AttendanceSheet& sheet);
  absl::Status EmitSealed(Call& call, const v1::AttendanceSheet& sheet,
                          const std::vector<v1::PresenceEntry>& entries);

  Access access_;
  storage::Table<v1::School> schools_;
  storage::Table<v1::Candidate> candidates_;
  storage::Table<v1::CandidateKey> candidate_keys_;
  storage::Table<v1::Cohort> cohorts_;
  storage::Table<v1::CohortSeats> seats_;
  storage::Table<v1::Application> applications_;
  storage::Table<v1::Learner> learners_;
  storage::Table<v1::AttendanceSheet> sheets_;
  storage::Table<v1::AttendanceSeal> seals_;
  storage::Table<v1::PresenceEntry> entries_;
  storage::Table<v1::PresenceCorrection> corrections_;
  storage::Table<v1::Outcome> outcomes_;
};

}  // namespace vivier::enrolment
