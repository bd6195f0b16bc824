#include "services/enrolment/selection/imports.h"

#include <array>
#include <map>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/formats/columns.h"
#include "shared/formats/csv.h"
#include "shared/formats/text.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::enrolment {

using v1::Candidate;

namespace {

const formats::Titles& Titles() {
  static const auto& titles = *new formats::Titles{{"given name", "given_name"},
                                                   {"first name", "given_name"},
                                                   {"prénom", "given_name"},
                                                   {"prenom", "given_name"},
                                                   {"family name", "family_name"},
                                                   {"last name", "family_name"},
                                                   {"nom", "family_name"},
                                                   {"nom de famille", "family_name"},
                                                   {"email", "email"},
                                                   {"e mail", "email"},
                                                   {"mail", "email"},
                                                   {"courriel", "email"},
                                                   {"adresse email", "email"},
                                                   {"phone", "phone"},
                                                   {"téléphone", "phone"},
                                                   {"telephone", "phone"},
                                                   {"birth date", "birth_date"},
                                                   {"date of birth", "birth_date"},
                                                   {"date de naissance", "birth_date"},
                                                   {"postal code", "postal_code"},
                                                   {"code postal", "postal_code"},
                                                   {"gender", "gender"},
                                                   {"sexe", "gender"},
                                                   {"genre", "gender"},
                                                   {"jobseeker", "jobseeker"},
                                                   {"demandeur d'emploi", "jobseeker"},
                                                   {"region code", "region_code"},
                                                   {"code région", "region_code"},
                                                   {"code region", "region_code"},
                                                   {"education level", "education_level"},
                                                   {"niveau", "education_level"},
                                                   {"channel", "channel"},
                                                   {"canal", "channel"}};
  return titles;
}

absl::StatusOr<std::map<std::string, size_t>> Columns(const formats::CsvTable& table) {
  if (!table.header_valid_utf8)
    return Refused(v1::WRONG_ENCODING,
                   "the header is not UTF-8; save the file as CSV UTF-8, not Windows-1252");
  const formats::Columns columns = formats::FindColumns(table, Titles());
  if (!columns.doubled_field.empty())
    return Refused(v1::WRONG_HEADER, absl::StrCat("two columns for ", columns.doubled_field),
                   {{"column", columns.doubled_title}, {"field", columns.doubled_field}});
  std::vector<std::string> missing;
  for (const char* field : {"given_name", "family_name", "email"})
    if (!columns.by_field.contains(field)) missing.push_back(field);
  if (missing.empty()) return columns.by_field;
  return Refused(v1::WRONG_HEADER,
                 absl::StrCat("no column for ", absl::StrJoin(missing, ", "),
                              ": give columns these titles, or Prénom, Nom, Email"),
                 {{"field", absl::StrJoin(missing, ",")}});
}

// YYYY-MM-DD, or DD/MM/YYYY as spreadsheets in France write it.
std::optional<google::type::Date> ReadDate(absl::string_view text) {
  const bool french = absl::StrContains(text, '/');
  const std::vector<absl::string_view> parts = absl::StrSplit(text, french ? '/' : '-');
  std::array<int, 3> numbers = {};
  if (parts.size() != 3) return std::nullopt;
  for (size_t i = 0; i < 3; ++i)
    if (!absl::SimpleAtoi(parts[i], &numbers[i])) return std::nullopt;
  google::type::Date date;
  date.set_year(french ? numbers[2] : numbers[0]);
  date.set_month(numbers[1]);
  date.set_day(french ? numbers[0] : numbers[2]);
  if (date.year() < 1900 || !IsDate(date)) return std::nullopt;
  return date;
}

std::optional<v1::PersonClasses::Gender> ReadGender(const std::string& text) {
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "f" || lower == "woman" || lower == "femme") return v1::PersonClasses::WOMAN;
  if (lower == "m" || lower == "h" || lower == "man" || lower == "homme")
    return v1::PersonClasses::MAN;
  if (lower == "other" || lower == "autre") return v1::PersonClasses::OTHER;
  return std::nullopt;
}

std::optional<bool> ReadYes(const std::string& text) {
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "oui" || lower == "yes" || lower == "true" || lower == "1") return true;
  if (lower == "non" || lower == "no" || lower == "false" || lower == "0") return false;
  return std::nullopt;
}

// Whether `text` is a line that keeps the limits that the .proto declares for the field.
bool KeepsLimits(const google::protobuf::FieldDescriptor& field, const std::string& text) {
  const options::v1::Limits& limits = field.options().GetExtension(options::v1::limits);
  return (limits.max_length() == 0 || formats::Characters(text) <= limits.max_length()) &&
         (limits.pattern().empty() || RE2::FullMatch(text, limits.pattern())) &&
         !FindForbidden(text).has_value();
}

// False when the cell does not have the form of its field.
bool ReadCell(const std::string& field, const std::string& text, ImportedRow& row) {
  Candidate& candidate = row.candidate;
  if (field == "birth_date") {
    const auto date = ReadDate(text);
    if (date.has_value()) *candidate.mutable_birth_date() = *date;
    return date.has_value();
  }
  if (field == "gender") {
    const auto gender = ReadGender(text);
    candidate.set_gender(gender.value_or(v1::PersonClasses::GENDER_UNSPECIFIED));
    return gender.has_value();
  }
  if (field == "jobseeker") {
    const auto yes = ReadYes(text);
    candidate.set_jobseeker(yes.value_or(false));
    return yes.has_value();
  }
  if (field == "education_level") {
    int level = 0;
    if (!absl::SimpleAtoi(text, &level) || level < 1 || level > 8) return false;
    candidate.set_education_level(level);
    return true;
  }
  if (field == "channel") {
    row.channel = text;
    return KeepsLimits(*v1::Application::descriptor()->FindFieldByName("channel"), text);
  }
  const google::protobuf::FieldDescriptor* known = Candidate::descriptor()->FindFieldByName(field);
  candidate.GetReflection()->SetString(&candidate, known, text);
  return KeepsLimits(*known, text);
}

ImportedRow ReadRow(const formats::CsvTable& table, const std::map<std::string, size_t>& columns,
                    const formats::CsvTable::Row& cells) {
  ImportedRow row;
  row.report.set_line(cells.line);
  row.report.set_result(v1::ImportRow::ACCEPTED);
  if (!cells.valid_utf8) {
    Refuse(v1::WRONG_ENCODING, formats::FirstDamaged(table, cells),
           "the row is not UTF-8; it looks like Windows-1252", row.report);
    return row;
  }
  if (cells.cells.size() != table.header.size()) {
    Refuse(v1::ROW_INVALID, "", "the row has more cells than the header", row.report);
    return row;
  }
  for (const auto& [field, column] : columns) {
    const std::string text = formats::CollapseSpace(cells.cells[column]);
    const bool required = field == "given_name" || field == "family_name" || field == "email";
    if (text.empty() && required) {
      Refuse(v1::CELL_MISSING, table.header[column], "a required cell is empty", row.report);
      return row;
    }
    if (!text.empty() && !ReadCell(field, text, row)) {
      Refuse(v1::CELL_INVALID, table.header[column],
             "the cell does not have the form of its column", row.report);
      return row;
    }
  }
  if (!row.candidate.has_birth_date()) {
    row.report.set_result(v1::ImportRow::ACCEPTED_WITH_WARNING);
    row.report.set_reason(v1::BIRTH_DATE_MISSING);
    row.report.set_message(
        "without a birth date age rules are not satisfied and doubles are found by e-mail only");
  }
  return row;
}

}  // namespace

void Refuse(v1::Reason reason, const std::string& column, const std::string& message,
            v1::ImportRow& report) {
  report.set_result(v1::ImportRow::REFUSED);
  report.set_reason(reason);
  report.set_column(column);
  report.set_message(message);
}

std::string NaturalKey(const Candidate& candidate) {
  return absl::StrCat(candidate.email(), "\t", candidate.family_name(), "\t",
                      candidate.given_name(), "\t",
                      candidate.has_birth_date() ? DateText(candidate.birth_date()) : "");
}

absl::StatusOr<std::vector<ImportedRow>> ReadApplications(absl::string_view content) {
  absl::StatusOr<formats::CsvTable> table = formats::ParseCsv(content);
  if (!table.ok()) return Refused(v1::WRONG_HEADER, table.status().message());
  ASSIGN_OR_RETURN(auto columns, Columns(*table));
  if (table->rows.size() > kImportRowsMax)
    return Refused(v1::TOO_MANY_ROWS, "split the file",
                   {{"rows_max", absl::StrCat(kImportRowsMax)}});
  std::vector<ImportedRow> rows;
  for (const formats::CsvTable::Row& row : table->rows)
    rows.push_back(ReadRow(*table, columns, row));
  return rows;
}

absl::StatusOr<rpc::Plan<v1::ImportMetadata, v1::ImportStep>> PlanImport(
    const v1::ImportApplicationsRequest& request) {
  ASSIGN_OR_RETURN(std::vector<ImportedRow> rows, ReadApplications(request.content()));
  rpc::Plan<v1::ImportMetadata, v1::ImportStep> plan;
  plan.metadata.set_cohort(request.parent());
  plan.metadata.set_rows_total(static_cast<int>(rows.size()));
  absl::flat_hash_set<std::string> known;
  for (ImportedRow& row : rows) {
    if (plan.steps.empty() || plan.steps.back().rows_size() == kImportStepRows)
      plan.steps.emplace_back();
    v1::ImportStep::Row& planned = *plan.steps.back().add_rows();
    planned.set_repeats(row.report.result() != v1::ImportRow::REFUSED &&
                        !known.insert(NaturalKey(row.candidate)).second);
    planned.set_channel(row.channel.empty() ? request.channel() : row.channel);
    *planned.mutable_candidate() = std::move(row.candidate);
    *planned.mutable_report() = std::move(row.report);
  }
  return plan;
}

}  // namespace vivier::enrolment
