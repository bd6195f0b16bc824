// Networks' lists of their schools, as the networks publish them: columns by their titles, each row
// read on its own. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/formats/columns.h"
#include "shared/formats/csv.h"
#include "vivier/statistics/v1/reasons.pb.h"
#include "vivier/statistics/v1/registry.pb.h"

namespace vivier::statistics {

// One transaction takes them all: about half a second of the writer. The largest list of six
// networks has 421.
inline constexpr size_t kSchoolRowsMax = 1'000;

// The rows of the file as records of `network`, without names; a row that cannot be taken is
// REFUSED. WRONG_ENCODING, WRONG_HEADER, TOO_MANY_ROWS when it cannot be read as a whole.
absl::StatusOr<std::vector<v1::ReadSchoolRow>> ReadSchools(absl::string_view content,
                                                           const std::string& network);

// What lists of schools and series of figures have in common: the file, and the columns with one of
// the titles, `required` among them. WRONG_ENCODING, WRONG_HEADER, TOO_MANY_ROWS.
struct ReadFile {
  formats::CsvTable table;
  formats::Columns columns;
};
absl::StatusOr<ReadFile> ReadCsvFile(absl::string_view content, const formats::Titles& titles,
                                     const std::string& required, size_t rows_max);
// Names the line in the report; false, and REFUSED there, where its cells cannot be read.
bool BeginRow(const formats::CsvTable& table, const formats::CsvTable::Row& cells,
              v1::SchoolImportRow& report);
// Adds what somebody should look at.
void AddFinding(v1::Reason reason, const std::string& column, const std::string& message,
                v1::SchoolImportRow& row);
// The same, and nothing of the row is taken.
void RefuseRow(v1::Reason reason, const std::string& column, const std::string& message,
               v1::SchoolImportRow& row);
// Adds the row to the report, and to those that it counts.
void AddRow(v1::SchoolImportRow row, v1::SchoolImportReport& report);

}  // namespace vivier::statistics
