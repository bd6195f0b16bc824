#include "services/statistics/registry/imports.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/statistics/registry/regions.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/formats/codes.h"
#include "shared/formats/columns.h"
#include "shared/formats/csv.h"
#include "shared/formats/text.h"

namespace vivier::statistics {
namespace {

using formats::CodeCheck;
using v1::ReadSchoolRow;
using v1::SchoolImportRow;
using v1::SchoolRecord;
using ByField = std::map<std::string, size_t>;

const formats::Titles& SchoolTitles() {
  static const auto& titles =
      *new formats::Titles{{"siret", "siret"},
                           {"uai", "uai"},
                           {"uai validée", "uai"},
                           {"title", "title"},
                           {"enseigne", "title"},
                           {"legal name", "legal_name"},
                           {"raison sociale", "legal_name"},
                           {"activity number", "activity_number"},
                           {"numero declaration activite", "activity_number"},
                           {"region", "region_code"},
                           {"région", "region_code"},
                           {"address", "address"},
                           {"adresse", "address"},
                           {"etat administratif", "declared_closed"}};
  return titles;
}

absl::StatusOr<formats::Columns> KnownColumns(const formats::CsvTable& table,
                                              const formats::Titles& titles,
                                              const std::string& required) {
  if (!table.header_valid_utf8)
    return Refused(v1::WRONG_ENCODING,
                   "the header is not UTF-8; save the file as CSV UTF-8, not Windows-1252");
  const formats::Columns columns = formats::FindColumns(table, titles);
  if (!columns.doubled_field.empty())
    return Refused(v1::WRONG_HEADER, absl::StrCat("two columns for ", columns.doubled_field),
                   {{"column", columns.doubled_title}, {"field", columns.doubled_field}});
  if (!columns.by_field.contains(required))
    return Refused(v1::WRONG_HEADER,
                   absl::StrCat("no column for ", required, ": give it the title ",
                                absl::AsciiStrToUpper(required)),
                   {{"field", required}});
  return columns;
}

// Reads the cells of one row into a record.
class Reader {
 public:
  Reader(const formats::CsvTable& table, const ByField& columns,
         const formats::CsvTable::Row& cells, ReadSchoolRow& row)
      : table_(table), columns_(columns), cells_(cells), row_(row) {}

  void Read(const std::string& network) {
    SchoolRecord& record = *row_.mutable_school_record();
    if (!ReadSiret(record)) return;
    Code("uai", &formats::CheckUai, record.mutable_uai());
    Code("activity_number", &formats::CheckNda, record.mutable_activity_number());
    Text("legal_name", 200, record.mutable_legal_name());
    Text("title", 200, record.mutable_title());
    Text("address", 300, record.mutable_address());
    if (record.title().empty()) record.set_title(record.legal_name());
    if (record.title().empty()) record.set_title(absl::StrCat(network, " ", record.siret()));
    ReadRegion(record);
    record.set_declared_closed(Cell("declared_closed") == "fermé");
    record.add_networks(network);
  }

 private:
  std::string Cell(const std::string& field) const {
    auto found = columns_.find(field);
    return found == columns_.end() ? "" : formats::CollapseSpace(cells_.cells[found->second]);
  }
  std::string Title(const std::string& field) const { return table_.header[columns_.at(field)]; }
  void Doubt(v1::Reason reason, const std::string& field, absl::string_view why) {
    AddFinding(reason, Title(field), std::string(why), *row_.mutable_report());
  }

  bool ReadSiret(SchoolRecord& record) {
    const std::string text = Cell("siret");
    const CodeCheck check = formats::CheckSiret(text);
    if (check.verdict == CodeCheck::Verdict::kError) {
      RefuseRow(text.empty() ? v1::CELL_MISSING : v1::CELL_INVALID, Title("siret"),
                text.empty() ? "a required cell is empty"
                             : absl::StrCat("no SIRET: ", formats::ReasonName(check.reason)),
                *row_.mutable_report());
      return false;
    }
    if (!check.ok()) Doubt(v1::CELL_DOUBTFUL, "siret", formats::ReasonName(check.reason));
    record.set_siret(check.code);
    record.set_legal_entity(check.code.substr(0, 9));
    return true;
  }

  // A code that cannot be is left out, one with a fault that official lists have too is taken.
  void Code(const std::string& field, CodeCheck (*check)(absl::string_view), std::string* into) {
    const std::string text = Cell(field);
    if (text.empty()) return;
    const CodeCheck found = check(text);
    const bool taken = found.verdict != CodeCheck::Verdict::kError;
    if (taken) *into = found.code;
    if (!found.ok())
      Doubt(taken ? v1::CELL_DOUBTFUL : v1::CELL_INVALID, field, formats::ReasonName(found.reason));
  }

  void Text(const std::string& field, int characters_max, std::string* into) {
    const std::string text = Cell(field);
    if (text.empty() || formats::IsFiller(text)) return;
    if (FindForbidden(text).has_value()) {
      Doubt(v1::CELL_INVALID, field, "the cell has characters that no text has");
      return;
    }
    *into = formats::Shorten(text, characters_max);
    if (*into != text) Doubt(v1::CELL_DOUBTFUL, field, "the cell was shortened");
  }

  void ReadRegion(SchoolRecord& record) {
    const std::string text = Cell("region_code");
    if (text.empty()) return;
    record.set_region_code(RegionCode(text));
    if (record.region_code().empty())
      Doubt(v1::CELL_INVALID, "region_code", "no region of INSEE's");
  }

  const formats::CsvTable& table_;
  const ByField& columns_;
  const formats::CsvTable::Row& cells_;
  ReadSchoolRow& row_;
};

ReadSchoolRow ReadSchool(const formats::CsvTable& table, const ByField& columns,
                         const formats::CsvTable::Row& cells, const std::string& network) {
  ReadSchoolRow row;
  if (BeginRow(table, cells, *row.mutable_report()))
    Reader(table, columns, cells, row).Read(network);
  return row;
}

}  // namespace

absl::StatusOr<ReadFile> ReadCsvFile(absl::string_view content, const formats::Titles& titles,
                                     const std::string& required, size_t rows_max) {
  absl::StatusOr<formats::CsvTable> table = formats::ParseCsv(content);
  if (!table.ok()) return Refused(v1::WRONG_HEADER, table.status().message());
  ASSIGN_OR_RETURN(formats::Columns columns, KnownColumns(*table, titles, required));
  if (table->rows.size() > rows_max)
    return Refused(v1::TOO_MANY_ROWS, "split the file", {{"rows_max", absl::StrCat(rows_max)}});
  return ReadFile{*std::move(table), std::move(columns)};
}

bool BeginRow(const formats::CsvTable& table, const formats::CsvTable::Row& cells,
              SchoolImportRow& report) {
  report.set_line(cells.line);
  if (!cells.valid_utf8)
    RefuseRow(v1::WRONG_ENCODING, formats::FirstDamaged(table, cells),
              "the row is not UTF-8; it looks like Windows-1252", report);
  else if (cells.cells.size() != table.header.size())
    RefuseRow(v1::ROW_INVALID, "", "the row has more cells than the header", report);
  return report.result() != SchoolImportRow::REFUSED;
}

void RefuseRow(v1::Reason reason, const std::string& column, const std::string& message,
               SchoolImportRow& row) {
  row.set_result(SchoolImportRow::REFUSED);
  AddFinding(reason, column, message, row);
}

void AddRow(SchoolImportRow row, v1::SchoolImportReport& report) {
  const auto is = [&row](SchoolImportRow::Result result) { return row.result() == result ? 1 : 0; };
  report.set_created(report.created() + is(SchoolImportRow::CREATED));
  report.set_changed(report.changed() + is(SchoolImportRow::CHANGED));
  report.set_unchanged(report.unchanged() + is(SchoolImportRow::UNCHANGED));
  report.set_refused(report.refused() + is(SchoolImportRow::REFUSED));
  *report.add_rows() = std::move(row);
}

void AddFinding(v1::Reason reason, const std::string& column, const std::string& message,
                SchoolImportRow& row) {
  v1::SchoolRowFinding& finding = *row.add_findings();
  finding.set_column(column);
  finding.set_reason(reason);
  finding.set_message(message);
}

absl::StatusOr<std::vector<ReadSchoolRow>> ReadSchools(absl::string_view content,
                                                       const std::string& network) {
  ASSIGN_OR_RETURN(const ReadFile file,
                   ReadCsvFile(content, SchoolTitles(), "siret", kSchoolRowsMax));
  std::vector<ReadSchoolRow> rows;
  for (const formats::CsvTable::Row& row : file.table.rows)
    rows.push_back(ReadSchool(file.table, file.columns.by_field, row, network));
  return rows;
}

}  // namespace vivier::statistics
