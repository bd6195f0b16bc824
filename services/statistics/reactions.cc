// What statistics follows: each event changes what is remembered of its subject, and the cells.
#include <map>

#include "absl/strings/str_cat.h"
#include "services/statistics/statistics.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/statistics/v1/events.pb.h"

namespace vivier::statistics {
namespace {

// Events come in bursts (a morning's signatures): a submission waits for them.
constexpr absl::Duration kRest = absl::Minutes(15);

// The fact of that name, a fresh one when there is none.
template <class M>
absl::StatusOr<M> FindOrMake(rpc::Call& call, const storage::Table<M>& table,
                             const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<M> found, table.Find(call, name));
  if (found.has_value()) return *std::move(found);
  M fresh;
  fresh.set_name(name);
  return fresh;
}

// Stores a fact of FindOrMake: who has no etag is new.
template <class M>
absl::Status Put(rpc::Call& call, const storage::Table<M>& table, M& fact) {
  return fact.etag().empty() ? table.Insert(call, fact) : table.Update(call, fact);
}

// The ends of the ids of a learner's results, see LearnerResult.
constexpr const char* kResults[] = {".certificate", ".outcome-0", ".outcome-3", ".outcome-6",
                                    ".outcome-12"};

// What was counted of an erased learner stays; that it would replace it can no longer be known.
bool IsErased(rpc::Call& call, const std::string& learner) {
  return ReasonOf(call.unit().KeyOf(learner, false).status()) == "PERSON_ERASED";
}

}  // namespace

absl::Status Statistics::OnCohortOpened(Call& call, const enrolment::v1::CohortOpened& event) {
  ASSIGN_OR_RETURN(
      v1::CohortFact fact,
      FindOrMake(call, cohorts_, NameIn(call.school(), "cohortFacts", IdInSchool(event.cohort()))));
  const Changes changes = OpenCohort(event, fact);
  RETURN_IF_ERROR(Put(call, cohorts_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnApplicationSubmitted(Call& call,
                                                const enrolment::v1::ApplicationSubmitted& event) {
  return Apply(call, Submit(event));
}

absl::Status Statistics::OnApplicationRejected(Call& call,
                                               const enrolment::v1::ApplicationRejected& event) {
  return Apply(call, Reject(event));
}

absl::Status Statistics::OnLearnerEnrolled(Call& call,
                                           const enrolment::v1::LearnerEnrolled& event) {
  ASSIGN_OR_RETURN(v1::LearnerFact fact,
                   FindOrMake(call, learners_,
                              NameIn(call.school(), "learnerFacts", IdInSchool(event.learner()))));
  const Changes changes = Enrol(event, fact);
  RETURN_IF_ERROR(Put(call, learners_, fact));
  return Apply(call, changes);
}

// A learner is enrolled in the same log before he leaves or finishes: not to know him is a defect,
// and the event is parked with it.
absl::Status Statistics::OnLearnerLeft(Call& call, const enrolment::v1::LearnerLeft& event) {
  ASSIGN_OR_RETURN(v1::LearnerFact fact, learners_.Get(call, NameIn(call.school(), "learnerFacts",
                                                                    IdInSchool(event.learner()))));
  const Changes changes = Leave(event, fact);
  RETURN_IF_ERROR(Put(call, learners_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnLearnerFinished(Call& call,
                                           const enrolment::v1::LearnerFinished& event) {
  ASSIGN_OR_RETURN(v1::LearnerFact fact, learners_.Get(call, NameIn(call.school(), "learnerFacts",
                                                                    IdInSchool(event.learner()))));
  const Changes changes = Finish(event, fact);
  RETURN_IF_ERROR(Put(call, learners_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnPersonErased(Call& call, const enrolment::v1::PersonErased& event) {
  ASSIGN_OR_RETURN(std::vector<v1::LearnerFact> facts,
                   learners_.Select(call, "candidate = $2", {event.candidate()}));
  for (const v1::LearnerFact& fact : facts) {
    for (const Change& change : CountOf(fact)) {
      ASSIGN_OR_RETURN(
          v1::BaseCell base,
          FindOrMake(call, base_cells_, NameIn(call.school(), "baseCells", CellId(change))));
      base.set_count(base.count() + change.delta);
      RETURN_IF_ERROR(Put(call, base_cells_, base));
    }
    RETURN_IF_ERROR(learners_.Delete(call, fact.name()));
  }
  for (const std::string& person : event.persons()) {
    if (person == event.candidate()) continue;
    for (const char* result : kResults) {
      const std::string name =
          NameIn(call.school(), "learnerResults", absl::StrCat(IdInSchool(person), result));
      ASSIGN_OR_RETURN(std::optional<v1::LearnerResult> known, results_.Find(call, name));
      if (known.has_value()) RETURN_IF_ERROR(results_.Delete(call, name));
    }
  }
  return absl::OkStatus();
}

absl::Status Statistics::OnAttendanceSheetSealed(
    Call& call, const enrolment::v1::AttendanceSheetSealed& event) {
  ASSIGN_OR_RETURN(v1::SheetFact fact, FindOrMake(call, sheets_,
                                                  NameIn(call.school(), "sheetFacts",
                                                         IdInSchool(event.attendance_sheet()))));
  const Changes changes = Seal(event, fact);
  if (changes.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Put(call, sheets_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnOutcomeRecorded(Call& call,
                                           const enrolment::v1::OutcomeRecorded& event) {
  if (IsErased(call, event.learner())) return absl::OkStatus();
  const std::string id =
      absl::StrCat(IdInSchool(event.learner()), ".outcome-", event.months_after());
  ASSIGN_OR_RETURN(v1::LearnerResult fact,
                   FindOrMake(call, results_, NameIn(call.school(), "learnerResults", id)));
  const Changes changes = Outcome(event, fact);
  RETURN_IF_ERROR(Put(call, results_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnSeatReleased(Call& call, const enrolment::v1::SeatReleased& event) {
  ASSIGN_OR_RETURN(v1::SeatFact fact,
                   FindOrMake(call, seats_, NameIn(call.school(), "seatFacts", event.hold())));
  const Changes changes = Release(event, fact);
  RETURN_IF_ERROR(Put(call, seats_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnSeatFunded(Call& call, const funding::v1::SeatFunded& event) {
  ASSIGN_OR_RETURN(v1::SeatFact fact,
                   FindOrMake(call, seats_, NameIn(call.school(), "seatFacts", event.hold())));
  const Changes changes = Fund(event, fact);
  RETURN_IF_ERROR(Put(call, seats_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnAttendanceSheetPosted(Call& call,
                                                 const funding::v1::AttendanceSheetPosted& event) {
  return Apply(call, Post(event));
}

absl::Status Statistics::OnInvoiceIssued(Call& call, const funding::v1::InvoiceIssued& event) {
  return Apply(call, Invoice(event));
}

absl::Status Statistics::OnCertificateAwarded(Call& call,
                                              const curriculum::v1::CertificateAwarded& event) {
  if (IsErased(call, event.learner())) return absl::OkStatus();
  const std::string id = absl::StrCat(IdInSchool(event.learner()), ".certificate");
  ASSIGN_OR_RETURN(v1::LearnerResult fact,
                   FindOrMake(call, results_, NameIn(call.school(), "learnerResults", id)));
  const Changes changes = Certify(event, fact);
  RETURN_IF_ERROR(Put(call, results_, fact));
  return Apply(call, changes);
}

absl::Status Statistics::OnContractSigned(Call& call, const partners::v1::ContractSigned& event) {
  return Apply(call, SignContract(event));
}

absl::Status Statistics::OnContractBroken(Call& call, const partners::v1::ContractBroken& event) {
  return Apply(call, BreakContract(event));
}

absl::Status Statistics::TellOfChange(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(v1::SubmissionClock clock, clocks_.Get(call, name));
  if (!clock.has_due_time()) return absl::OkStatus();
  return EmitSubmissionDue(call, std::move(clock));
}

absl::Status Statistics::EmitSubmissionDue(Call& call, v1::SubmissionClock clock) {
  clock.clear_due_time();
  RETURN_IF_ERROR(clocks_.Update(call, clock));
  v1::SubmissionDue event;
  event.set_submission_clock(clock.name());
  event.set_revision(clock.revision());
  return call.Emit(event);
}

absl::Status Statistics::Apply(Call& call, const Changes& changes) {
  std::map<std::string, Change> by_cell;
  for (const Change& change : changes) {
    auto [found, inserted] = by_cell.emplace(CellId(change), change);
    if (!inserted) found->second.delta += change.delta;
  }
  bool moved = false;
  for (const auto& [id, change] : by_cell) {
    if (change.delta == 0) continue;
    ASSIGN_OR_RETURN(v1::Cell cell, FindOrMake(call, cells_, NameIn(call.school(), "cells", id)));
    cell.set_table_id(change.cell.table);
    cell.set_cohort(change.cohort);
    cell.mutable_dimension_values()->Assign(change.cell.values.begin(), change.cell.values.end());
    cell.set_count(cell.count() + change.delta);
    RETURN_IF_ERROR(Put(call, cells_, cell));
    moved = true;
  }
  if (!moved) return absl::OkStatus();
  ASSIGN_OR_RETURN(v1::SubmissionClock clock,
                   FindOrMake(call, clocks_, NameIn(call.school(), "submissionClocks", "cells")));
  clock.set_revision(clock.revision() + 1);
  *clock.mutable_change_time() = ToTimestamp(call.time());
  if (!clock.has_due_time()) *clock.mutable_due_time() = ToTimestamp(call.time() + kRest);
  return Put(call, clocks_, clock);
}

}  // namespace vivier::statistics
