// Networks' lists of their schools, as the networks publish them: columns by their titles, each row
// read on its own. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

// Adds what somebody should look at.
void AddFinding(v1::Reason reason, const std::string& column, const std::string& message,
                v1::SchoolImportRow& row);

}  // namespace vivier::statistics
