// Applications from a file that somebody else's form or spreadsheet wrote: columns by their titles in English or
// French, each row read on its own. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::enrolment {

// One transaction's worth.
inline constexpr size_t kImportRowsMax = 1000;

struct ImportedRow {
  v1::Candidate candidate;  // without a name
  std::string channel;      // "" where the row does not say
  v1::ImportRow report;     // REFUSED with its reason, or ACCEPTED with or without a warning
};

// The rows of the file; WRONG_ENCODING, WRONG_HEADER or TOO_MANY_ROWS when it cannot be read as a whole.
absl::StatusOr<std::vector<ImportedRow>> ReadApplications(absl::string_view content);

// What makes two rows the same row: every identifying cell.
std::string NaturalKey(const v1::Candidate& candidate);

// Says in a report why a row was refused. `message` has no personal data.
void Refuse(v1::Reason reason, const std::string& column, const std::string& message, v1::ImportRow& report);

}  // namespace vivier::enrolment
