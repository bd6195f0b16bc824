// Applications from a file that somebody else's form or spreadsheet wrote: columns by their titles
// in English or French, each row read on its own. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/service/operation.h"
#include "vivier/enrolment/v1/imports.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/enrolment/v1/reasons.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

// A city's applications of a year; the steps of so many begin within one transaction.
inline constexpr size_t kImportRowsMax = 5'000;
// One transaction's worth: with its commit a row costs the writer 0.3 ms on SQLite and 1.2 ms on
// PostgreSQL (2 cores).
inline constexpr int kImportStepRows = 10;

struct ImportedRow {
  v1::Candidate candidate;  // without a name
  std::string channel;      // "" where the row does not say
  v1::ImportRow report;     // REFUSED with its reason, or ACCEPTED with or without a warning
};

// The rows of the file; WRONG_ENCODING, WRONG_HEADER or TOO_MANY_ROWS when it cannot be read as a
// whole.
absl::StatusOr<std::vector<ImportedRow>> ReadApplications(absl::string_view content);

// The file in steps; a row that repeats an earlier one, read well, is marked.
absl::StatusOr<rpc::Plan<v1::ImportMetadata, v1::ImportStep>> PlanImport(
    const v1::ImportApplicationsRequest& request);

// What makes two rows the same row: every identifying cell.
std::string NaturalKey(const v1::Candidate& candidate);

// Says in a report why a row was refused. `message` has no personal data.
void Refuse(v1::Reason reason, const std::string& column, const std::string& message,
            v1::ImportRow& report);

}  // namespace vivier::enrolment
