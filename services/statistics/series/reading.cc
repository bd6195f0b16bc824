#include "services/statistics/series/reading.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "re2/re2.h"
#include "services/statistics/registry/imports.h"
#include "services/statistics/registry/regions.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/formats/codes.h"
#include "shared/formats/columns.h"
#include "shared/formats/csv.h"
#include "shared/formats/text.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {
namespace {

using formats::CodeCheck;
using v1::ExternalValue;
using v1::ReadSeriesRow;
using v1::SchoolImportRow;

constexpr int kTitleCharactersMax = 200;

const formats::Titles& KnownTitles() {
  static const auto& titles = *new formats::Titles{{"uai", "uai"},
                                                   {"n°uai de l'établissement", "uai"},
                                                   {"title", "title"},
                                                   {"libellé de l'établissement", "title"},
                                                   {"region", "region_code"},
                                                   {"région", "region_code"}};
  return titles;
}

// A figure with a point before its decimals, or that it is hidden; nullopt of any other text.
std::optional<ExternalValue> ReadValue(absl::string_view text) {
  ExternalValue value;
  if (text.empty()) return value;
  value.set_hidden(absl::AsciiStrToLower(text) == "nd");
  if (value.hidden()) return value;
  value.set_value(absl::StrReplaceAll(text, {{",", "."}}));
  static const RE2& number = *new RE2("-?[0-9]{1,12}(\\.[0-9]{1,6})?");
  if (!RE2::FullMatch(value.value(), number)) return std::nullopt;
  return value;
}

// Reads a file whose header is sound.
class Reader {
 public:
  Reader(const formats::CsvTable& table, const formats::Columns& known) : table_(table) {
    std::set<size_t> taken;
    for (const auto& [field, column] : known.by_field) {
      by_field_[field] = column;
      taken.insert(column);
    }
    for (size_t i = 0; i < table.header.size(); ++i)
      if (!taken.contains(i) && !table.header[i].empty() && HasFigures(i)) figures_.push_back(i);
  }

  std::vector<std::string> ColumnTitles() const {
    std::vector<std::string> titles;
    for (const size_t column : figures_) titles.push_back(TitleOf(column));
    return titles;
  }

  ReadSeriesRow Read(const formats::CsvTable::Row& cells) const {
    ReadSeriesRow row;
    SchoolImportRow& report = *row.mutable_report();
    if (BeginRow(table_, cells, report)) ReadCells(cells, row);
    return row;
  }

 private:
  std::string TitleOf(size_t column) const {
    return formats::Shorten(formats::CollapseSpace(table_.header[column]), kTitleCharactersMax);
  }

  bool HasFigures(size_t column) const {
    for (const formats::CsvTable::Row& row : table_.rows) {
      if (column >= row.cells.size()) continue;
      const std::string text = formats::CollapseSpace(row.cells[column]);
      if (!text.empty() && ReadValue(text).has_value()) return true;
    }
    return false;
  }

  std::string Cell(const std::string& field, const formats::CsvTable::Row& cells) const {
    auto found = by_field_.find(field);
    return found == by_field_.end() ? "" : formats::CollapseSpace(cells.cells[found->second]);
  }

  void ReadCells(const formats::CsvTable::Row& cells, ReadSeriesRow& row) const {
    SchoolImportRow& report = *row.mutable_report();
    v1::ExternalFigure& figure = *row.mutable_external_figure();
    const std::string uai = Cell("uai", cells);
    const CodeCheck check = formats::CheckUai(uai);
    const std::string& title = table_.header[by_field_.at("uai")];
    if (check.verdict == CodeCheck::Verdict::kError) {
      RefuseRow(uai.empty() ? v1::CELL_MISSING : v1::CELL_INVALID, title, "no UAI", report);
      return;
    }
    if (!check.ok())
      AddFinding(v1::CELL_DOUBTFUL, title, std::string(formats::ReasonName(check.reason)), report);
    figure.set_uai(check.code);
    figure.set_title(formats::Shorten(Cell("title", cells), kTitleCharactersMax));
    figure.set_region_code(RegionCode(Cell("region_code", cells)));
    for (const size_t column : figures_) {
      const std::optional<ExternalValue> value =
          ReadValue(formats::CollapseSpace(cells.cells[column]));
      *figure.add_figures() = value.value_or(ExternalValue());
      if (!value.has_value())
        AddFinding(v1::CELL_INVALID, TitleOf(column), "neither a number nor nd", report);
    }
  }

  const formats::CsvTable& table_;
  std::map<std::string, size_t> by_field_;
  std::vector<size_t> figures_;
};

absl::Status CheckTitles(const std::vector<std::string>& titles) {
  if (titles.empty() || titles.size() > kSeriesColumnsMax)
    return Refused(v1::WRONG_HEADER, "no column of figures, or too many",
                   {{"field", "figures"}, {"columns_max", absl::StrCat(kSeriesColumnsMax)}});
  std::set<std::string> once;
  for (const std::string& title : titles)
    if (!once.insert(title).second)
      return Refused(v1::WRONG_HEADER, "two columns with one title",
                     {{"field", "figures"}, {"column", title}});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReadFigures> ReadSeries(absl::string_view content) {
  ASSIGN_OR_RETURN(const ReadFile file, ReadCsvFile(content, KnownTitles(), "uai", kSeriesRowsMax));
  const Reader reader(file.table, file.columns);
  ReadFigures figures{reader.ColumnTitles(), {}};
  RETURN_IF_ERROR(CheckTitles(figures.column_titles));
  for (const formats::CsvTable::Row& row : file.table.rows)
    figures.rows.push_back(reader.Read(row));
  return figures;
}

}  // namespace vivier::statistics
