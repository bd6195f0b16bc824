#include "shared/formats/columns.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "shared/formats/text.h"

namespace vivier::formats {
namespace {

std::string FieldOf(absl::string_view title, const Titles& titles) {
  std::string normal = CollapseSpace(title);
  for (char& c : normal)
    c = c == '-' || c == '_' ? ' ' : absl::ascii_tolower(static_cast<unsigned char>(c));
  auto found = titles.find(normal);
  return found == titles.end() ? "" : found->second;
}

}  // namespace

Columns FindColumns(const CsvTable& table, const Titles& titles) {
  Columns columns;
  for (size_t i = 0; i < table.header.size(); ++i) {
    const std::string field = FieldOf(table.header[i], titles);
    if (field.empty() || columns.by_field.emplace(field, i).second) continue;
    columns.doubled_title = table.header[i];
    columns.doubled_field = field;
    break;
  }
  return columns;
}

std::string FirstDamaged(const CsvTable& table, const CsvTable::Row& row) {
  for (size_t i = 0; i < table.header.size(); ++i)
    if (absl::StrContains(row.cells[i], "\xEF\xBF\xBD")) return table.header[i];
  return "";
}

}  // namespace vivier::formats
