// Files of figures that others publish, by schools. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "vivier/statistics/v1/series.pb.h"

namespace vivier::statistics {

// One transaction takes them all. The official file of apprenticeship has 2,288 schools.
inline constexpr size_t kSeriesRowsMax = 5'000;
// The official file has seven columns of figures.
inline constexpr size_t kSeriesColumnsMax = 40;

struct ReadFigures {
  std::vector<std::string> column_titles;
  std::vector<v1::ReadSeriesRow> rows;
};
// The figures of a file, without names: a column is one of figures when a cell of it has a number
// or is hidden. WRONG_ENCODING, WRONG_HEADER, TOO_MANY_ROWS when it cannot be read as a whole.
absl::StatusOr<ReadFigures> ReadSeries(absl::string_view content);

}  // namespace vivier::statistics
