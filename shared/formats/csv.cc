#include "shared/formats/csv.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/formats/text.h"

namespace vivier::formats {
namespace {

constexpr absl::string_view kBom = "\xEF\xBB\xBF";
constexpr absl::string_view kSeparators = ";,\t";

absl::Status AtLine(int line, absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
               absl::StrCat("line ", line, ": ", what), {{"line", absl::StrCat(line)}});
}

bool EndsLine(char c) { return c == '\n' || c == '\r'; }

// The candidate that the first line has most often outside quotes; the earlier one when two are
// equal.
char DetectSeparator(absl::string_view bytes) {
  std::array<int, kSeparators.size()> counts{};
  bool quoted = false;
  for (char c : bytes) {
    if (c == '"') quoted = !quoted;
    if (!quoted && EndsLine(c) && *std::max_element(counts.begin(), counts.end()) > 0) break;
    if (size_t i = kSeparators.find(c); !quoted && i != absl::string_view::npos) ++counts[i];
  }
  return kSeparators[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) -
                                         counts.begin())];
}

// Reads one record after the other and counts physical lines.
class Reader {
 public:
  Reader(absl::string_view bytes, char separator) : bytes_(bytes), separator_(separator) {}

  void SkipBlankLines() {
    while (!AtEnd() && EndsLine(bytes_[at_])) ReadLineEnd();
  }

  bool AtEnd() const { return at_ >= bytes_.size(); }
  int line() const { return line_; }

  absl::StatusOr<std::vector<std::string>> ReadRecord() {
    std::vector<std::string> cells;
    while (true) {
      cells.emplace_back();
      RETURN_IF_ERROR(ReadCell(cells.back()));
      if (cells.size() > kCsvColumnsMax)
        return AtLine(line_, absl::StrCat("more than ", kCsvColumnsMax, " columns"));
      if (AtEnd() || bytes_[at_] != separator_) break;
      ++at_;
    }
    if (!AtEnd()) ReadLineEnd();
    return cells;
  }

 private:
  absl::Status ReadCell(std::string& cell) {
    const int line = line_;
    if (!AtEnd() && bytes_[at_] == '"') RETURN_IF_ERROR(ReadQuoted(cell));
    const size_t begin = at_;
    while (!AtEnd() && bytes_[at_] != separator_ && !EndsLine(bytes_[at_])) ++at_;
    absl::StrAppend(&cell, bytes_.substr(begin, at_ - begin));
    if (cell.size() > kCsvCellBytesMax) {
      return AtLine(line, absl::StrCat("a cell of more than ", kCsvCellBytesMax, " bytes"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadQuoted(std::string& cell) {
    const int opened = line_;
    for (++at_; !AtEnd(); ++at_) {
      if (bytes_[at_] == '"') {
        if (at_ + 1 >= bytes_.size() || bytes_[at_ + 1] != '"') {
          ++at_;
          return absl::OkStatus();
        }
        ++at_;
      }
      if (bytes_[at_] == '\n' ||
          (bytes_[at_] == '\r' && !absl::StartsWith(bytes_.substr(at_), "\r\n")))
        ++line_;
      cell.push_back(bytes_[at_]);
    }
    return AtLine(opened, "a quote is opened here and never closed");
  }

  void ReadLineEnd() {
    at_ += absl::StartsWith(bytes_.substr(at_), "\r\n") ? 2 : 1;
    ++line_;
  }

  absl::string_view bytes_;
  char separator_;
  size_t at_ = 0;
  int line_ = 1;
};

// A beginning that would be taken for the file's own mark is quoted as well.
bool NeedsQuotes(absl::string_view cell) {
  return cell.find_first_of("\";,\t\r\n") != cell.npos || absl::StartsWith(cell, kBom);
}

// Replaces what is not text; returns whether there was nothing to replace.
bool MakeText(std::vector<std::string>& cells) {
  bool valid = true;
  for (std::string& cell : cells) {
    if (IsText(cell)) continue;
    valid = false;
    cell = ReplaceInvalid(cell);
  }
  return valid;
}

void DropEmptyTail(std::vector<std::string>& cells, size_t keep) {
  while (cells.size() > keep && cells.back().empty()) cells.pop_back();
}

void AppendRecord(const std::vector<std::string>& cells, char separator, std::string& out) {
  // A lone empty cell must not read as a blank line.
  const bool lone = cells.size() == 1 && cells.front().empty();
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out.push_back(separator);
    if (!lone && !NeedsQuotes(cells[i])) {
      out += cells[i];
    } else {
      absl::StrAppend(&out, "\"", absl::StrReplaceAll(cells[i], {{"\"", "\"\""}}), "\"");
    }
  }
  out += "\r\n";
}

}  // namespace

int CsvTable::Column(absl::string_view title) const {
  auto found = std::find(header.begin(), header.end(), title);
  return found == header.end() ? -1 : static_cast<int>(found - header.begin());
}

absl::StatusOr<CsvTable> ParseCsv(absl::string_view bytes) {
  if (bytes.size() > kCsvBytesMax)
    return AtLine(1, absl::StrCat("more than ", kCsvBytesMax, " bytes"));
  CsvTable table;
  table.had_bom = absl::StartsWith(bytes, kBom);
  if (table.had_bom) bytes.remove_prefix(kBom.size());
  table.separator = DetectSeparator(bytes);

  Reader reader(bytes, table.separator);
  reader.SkipBlankLines();
  if (reader.AtEnd()) return AtLine(1, "no header: the file is empty");
  const int header_line = reader.line();
  ASSIGN_OR_RETURN(table.header, reader.ReadRecord());
  table.header_valid_utf8 = MakeText(table.header);
  for (std::string& title : table.header) absl::StripAsciiWhitespace(&title);
  DropEmptyTail(table.header, 0);
  if (table.header.empty()) return AtLine(header_line, "no header: the first line has no title");

  for (reader.SkipBlankLines(); !reader.AtEnd(); reader.SkipBlankLines()) {
    CsvTable::Row row;
    row.line = reader.line();
    ASSIGN_OR_RETURN(row.cells, reader.ReadRecord());
    row.valid_utf8 = MakeText(row.cells);
    DropEmptyTail(row.cells, table.header.size());
    row.cells.resize(std::max(row.cells.size(), table.header.size()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string FormatCsv(const CsvTable& table) {
  std::string out(table.had_bom ? kBom : "");
  AppendRecord(table.header, table.separator, out);
  for (const CsvTable::Row& row : table.rows) AppendRecord(row.cells, table.separator, out);
  return out;
}

}  // namespace vivier::formats
