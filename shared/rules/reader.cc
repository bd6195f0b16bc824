#include "shared/rules/reader.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/formats/text.h"
#include "shared/rules/condition.h"
#include "shared/rules/lines.h"
#include "shared/rules/sections.h"

namespace vivier::rules {
namespace {

// The head of the table, then its sections; each line is looked at once.
class Reader {
 public:
  explicit Reader(std::vector<Line> lines) : lines_(std::move(lines)) {}

  absl::StatusOr<Table> Read() {
    while (next_ < lines_.size()) RETURN_IF_ERROR(ReadEntry());
    for (const char* word : {"key", "title", "source", "confirmed", "review", "valid"})
      if (said_.count(word) == 0)
        return ErrorAt({1, 1}, absl::StrCat("the head lacks the line `", word, " …`"));
    if (table_.parameters.empty() && table_.decisions.empty())
      return ErrorAt({1, 1}, "the table has neither parameters nor a decision");
    return std::move(table_);
  }

 private:
  // A line of the head, or a section with the lines that are indented below it.
  absl::Status ReadEntry() {
    const Line& line = lines_[next_++];
    const Cell cell = line.cells[0];
    if (line.indented) return ErrorAt(cell.place, "an indented line without a section above it");
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(cell.text, absl::MaxSplits(' ', 1));
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(parts.second);
    const int before = formats::Characters(cell.text.substr(0, cell.text.size() - rest.size()));
    const Cell value = {rest, {cell.place.line, cell.place.column + before}};
    if (line.cells.size() > 1)
      return ErrorAt(line.cells[1].place, "only a section's rows have `|`");
    if (std::find(std::begin(kSections), std::end(kSections), parts.first) != std::end(kSections))
      return ReadSection(parts.first, value, cell.place);
    return ReadHead(parts.first, value, cell.place);
  }

  absl::Status ReadHead(absl::string_view word, const Cell& value, Place place) {
    if (value.text.empty())
      return ErrorAt(place, absl::StrCat("`", word, "` is no section, and says nothing"));
    if (word == "code") {
      table_.code.emplace_back(value.text);
      return absl::OkStatus();
    }
    if (!said_.emplace(word).second) return ErrorAt(place, absl::StrCat("a second `", word, "`"));
    if (word == "key") {
      static const RE2 form("R-[a-z0-9]+(-[a-z0-9]+)*");
      if (!RE2::FullMatch(re2::StringPiece(value.text.data(), value.text.size()), form) ||
          value.text.size() > kNameBytesMax)
        return ErrorAt(value.place, "a key is R- and words of small letters and digits: R-tutor");
      table_.key = std::string(value.text);
    } else if (word == "title") {
      table_.title = std::string(value.text);
    } else if (word == "valid") {
      return Take(ReadValidity(value), table_.valid);
    } else if (word == "source" || word == "confirmed" || word == "review") {
      return ReadOrigin(word, value, table_.origin);
    } else {
      return ErrorAt(place, absl::StrCat("`", word, "` is no word of a table's head"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadSection(absl::string_view word, const Cell& name, Place place) {
    const size_t first = next_;
    while (next_ < lines_.size() && lines_[next_].indented) ++next_;
    const Rows rows(lines_.data() + first, next_ - first);
    if (rows.empty()) return ErrorAt(place, "the section has no rows");
    if (rows.size() > kRowsMax + 1)
      return ErrorAt(rows[kRowsMax + 1].cells[0].place,
                     absl::StrCat("more than ", kRowsMax, " rows"));
    const bool named = word == "decide" || word == "cases";
    if (!named && !name.text.empty()) return ErrorAt(name.place, "this section has no name");
    if (!named && !said_.emplace(word).second)
      return ErrorAt(place, absl::StrCat("a second section `", word, "`"));
    if (word == "facts") return ReadFields(rows, table_, table_.facts);
    if (word == "answers") return ReadFields(rows, table_, table_.answers);
    if (word == "parameters") return ReadParameters(rows, table_);
    if (word == "decide") return ReadDecision(name, rows, table_);
    return ReadCases(name, rows, table_);
  }

  static constexpr absl::string_view kSections[] = {"facts", "answers", "parameters", "decide",
                                                    "cases"};

  const std::vector<Line> lines_;
  size_t next_ = 0;
  std::set<std::string, std::less<>> said_;
  Table table_;
};

}  // namespace

absl::StatusOr<Table> ReadTable(absl::string_view text) {
  ASSIGN_OR_RETURN(std::vector<Line> lines, SplitLines(text));
  ASSIGN_OR_RETURN(Table table, Reader(std::move(lines)).Read());
  table.hash = Hex(Sha256(text));
  return table;
}

}  // namespace vivier::rules
