// Comma-separated values as people really save them: RFC 4180 with `;`, `,` or tab, a BOM, any line
// ending, line breaks within quotes, rows in another encoding, columns that were dragged along
// empty. Nothing is dropped silently: a row keeps its line, so that an import report can name it.
// Pure functions, thread-safe.
//
//   file   := [BOM] header { row }          cell := plain | '"' { any byte, '""' for a quote } '"'
//   header := cell { separator cell } end   end  := CRLF | LF | CR | end of file
//
// Blank lines are skipped. A quote inside a plain cell, or text after a closing quote, is taken
// literally.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::formats {

inline constexpr size_t kCsvBytesMax = 64 << 20;  // a national table; bulk rpcs take 4 MiB
inline constexpr size_t kCsvColumnsMax = 512;     // real exports reach about one hundred
inline constexpr size_t kCsvCellBytesMax =
    32'768;  // a spreadsheet's own limit is 32,767 characters

struct CsvTable {
  struct Row {
    int line = 0;  // of the row's first byte, from 1; a cell with line breaks takes several
    // False where a cell is not UTF-8 or holds a NUL; each offending byte then reads U+FFFD.
    bool valid_utf8 = true;
    // As many as the header has, more only where a cell beyond the header is not empty.
    std::vector<std::string> cells;
  };

  // Without the empty columns at its end; trimmed.
  std::vector<std::string> header;
  bool header_valid_utf8 = true;
  std::vector<Row> rows;
  char separator = ';';
  bool had_bom = false;

  // The index of the column with this title, or -1.
  int Column(absl::string_view title) const;
};

// INVALID_ARGUMENT with the line in its message and in its metadata ("line") when there is no
// header, a quote is not closed, or a limit is passed.
absl::StatusOr<CsvTable> ParseCsv(absl::string_view bytes);

// The table as RFC 4180 writes it (CRLF), with its separator and, if it had one, its BOM. ParseCsv
// reads it back.
std::string FormatCsv(const CsvTable& table);

}  // namespace vivier::formats
