// A table's text as lines of cells, each with its place, so that every error can say where it is.
// Cells point into the text. Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/rules/table.h"

namespace vivier::rules {

// What a text may hold; a table that people read is far below.
inline constexpr size_t kTextBytesMax = 256 * 1024;
inline constexpr int kLinesMax = 5000;
inline constexpr size_t kLineBytesMax = 4000;
inline constexpr size_t kCellsMax = 32;

struct Cell {
  absl::string_view text;  // without the blanks around it
  Place place;
};

struct Line {
  bool indented = false;  // belongs to the section above
  std::vector<Cell> cells;
};

// INVALID_ARGUMENT with reason INVALID_TABLE, metadata `line` and `column`.
absl::Status ErrorAt(Place place, absl::string_view what);

// The lines that say something: neither blank nor a remark. Refuses what is too long, is no UTF-8
// or holds control characters (a tab too: its width is nobody's).
absl::StatusOr<std::vector<Line>> SplitLines(absl::string_view text);

// The parts of a cell between commas, each with its place.
std::vector<Cell> SplitList(const Cell& cell);

}  // namespace vivier::rules
