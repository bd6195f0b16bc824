#include "shared/rules/lines.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/formats/text.h"

namespace vivier::rules {
namespace {

Cell Trimmed(absl::string_view text, Place place) {
  const absl::string_view inner = absl::StripLeadingAsciiWhitespace(text);
  place.column += static_cast<int>(text.size() - inner.size());
  return {absl::StripTrailingAsciiWhitespace(inner), place};
}

std::vector<Cell> Split(absl::string_view text, char separator, Place place) {
  std::vector<Cell> cells;
  for (absl::string_view part : absl::StrSplit(text, separator)) {
    cells.push_back(Trimmed(part, place));
    place.column += formats::Characters(part) + 1;
  }
  return cells;
}

absl::StatusOr<Line> SplitLine(absl::string_view text, int number) {
  if (text.size() > kLineBytesMax)
    return ErrorAt({number, 1}, absl::StrCat("the line has more than ", kLineBytesMax, " bytes"));
  const auto control = std::find_if(text.begin(), text.end(), absl::ascii_iscntrl);
  if (control != text.end())
    return ErrorAt(
        {number,
         formats::Characters(text.substr(0, static_cast<size_t>(control - text.begin()))) + 1},
        "a control character; blanks separate, no tabs");
  Line line;
  line.indented = absl::StartsWith(text, " ");
  line.cells = Split(text, '|', {number, 1});
  if (line.cells.size() > kCellsMax)
    return ErrorAt(line.cells[kCellsMax].place, absl::StrCat("more than ", kCellsMax, " columns"));
  return line;
}

}  // namespace

absl::Status ErrorAt(Place place, absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "INVALID_TABLE",
               absl::StrCat("line ", place.line, ", column ", place.column, ": ", what),
               {{"line", absl::StrCat(place.line)}, {"column", absl::StrCat(place.column)}});
}

absl::StatusOr<std::vector<Line>> SplitLines(absl::string_view text) {
  if (text.size() > kTextBytesMax)
    return ErrorAt({1, 1}, absl::StrCat("the table has more than ", kTextBytesMax, " bytes"));
  std::vector<Line> lines;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (++number > kLinesMax)
      return ErrorAt({number, 1}, absl::StrCat("more than ", kLinesMax, " lines"));
    if (!IsText(line)) return ErrorAt({number, 1}, "the line is no UTF-8");
    const absl::string_view said = absl::StripAsciiWhitespace(line);
    if (said.empty() || said[0] == '#') continue;
    ASSIGN_OR_RETURN(Line split, SplitLine(absl::StripSuffix(line, "\r"), number));
    lines.push_back(std::move(split));
  }
  return lines;
}

std::vector<Cell> SplitList(const Cell& cell) { return Split(cell.text, ',', cell.place); }

}  // namespace vivier::rules
