// What an event adds to the cells: pure functions from an event, and from what is remembered of its
// subject, to changes. A fact that a later event replaces is remembered, so that its old cell loses
// what its new one gains; then the cells always equal a recount of the newest facts. No I/O, no
// clock, no storage; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/statistics/cells/tables.h"
#include "vivier/curriculum/v1/events.pb.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/partners/v1/events.pb.h"
#include "vivier/statistics/v1/facts.pb.h"

namespace vivier::statistics {

struct Change {
  CellKey cell;
  std::string cohort;  // its id; empty in a table that no cohort divides
  int64_t delta;
};
using Changes = std::vector<Change>;

// Each completes `fact` (a fresh one when the subject is new) and returns what changes.
Changes OpenCohort(const enrolment::v1::CohortOpened& event, v1::CohortFact& fact);
Changes Submit(const enrolment::v1::ApplicationSubmitted& event);
Changes Reject(const enrolment::v1::ApplicationRejected& event);
Changes Enrol(const enrolment::v1::LearnerEnrolled& event, v1::LearnerFact& fact);
Changes Leave(const enrolment::v1::LearnerLeft& event, v1::LearnerFact& fact);
Changes Finish(const enrolment::v1::LearnerFinished& event, v1::LearnerFact& fact);
// All that the learner adds to the cells, with which their fact may go.
Changes CountOf(const v1::LearnerFact& fact);
// The same of a result.
Changes CountOf(const v1::LearnerResult& fact);
Changes Seal(const enrolment::v1::AttendanceSheetSealed& event, v1::SheetFact& fact);
Changes Outcome(const enrolment::v1::OutcomeRecorded& event, v1::LearnerResult& fact);
Changes Release(const enrolment::v1::SeatReleased& event, v1::SeatFact& fact);
Changes Fund(const funding::v1::SeatFunded& event, v1::SeatFact& fact);
Changes Post(const funding::v1::AttendanceSheetPosted& event);
Changes Invoice(const funding::v1::InvoiceIssued& event);
Changes Certify(const curriculum::v1::CertificateAwarded& event, v1::LearnerResult& fact);
Changes SignContract(const partners::v1::ContractSigned& event);
Changes BreakContract(const partners::v1::ContractBroken& event);

// The id of a cell: table, cohort if any, values, joined with dots.
std::string CellId(const Change& change);

}  // namespace vivier::statistics
