#include "services/statistics/indicators/export.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "services/statistics/indicators/dictionary.h"
#include "shared/base/date.h"
#include "shared/formats/csv.h"

namespace vivier::statistics {
namespace {

using formats::CsvTable;
using v1::IndicatorDefinition;
using v1::IndicatorValue;

// A file of so many titles, and the cells of each line.
std::string Format(std::vector<std::string> titles, std::vector<std::vector<std::string>> lines,
                   Header header) {
  CsvTable table;
  table.separator = ',';
  table.header = std::move(titles);
  for (std::vector<std::string>& cells : lines) {
    CsvTable::Row& row = table.rows.emplace_back();
    row.cells = std::move(cells);
  }
  if (header == Header::kNone) {
    if (table.rows.empty()) return "";
    table.header = std::move(table.rows.front().cells);
    table.rows.erase(table.rows.begin());
  }
  return formats::FormatCsv(table);
}

std::string Day(bool has, const google::type::Date& date) { return has ? DateText(date) : ""; }

const Indicator* Find(const IndicatorValue& value) {
  for (const Indicator& indicator : Indicators())
    if (indicator.id == value.indicator() && indicator.version == value.definition_version())
      return &indicator;
  return nullptr;
}

bool IsHidden(const IndicatorValue& value) {
  switch (value.suppressed_reason()) {
    case IndicatorValue::POPULATION_UNDER_5:
    case IndicatorValue::POPULATION_UNDER_20:
    case IndicatorValue::SMALL_PART:
    case IndicatorValue::COMPLEMENTARY:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> Cells(const IndicatorValue& value) {
  const Indicator* indicator = Find(value);
  const bool hidden = IsHidden(value);
  const bool of_persons = indicator != nullptr && indicator->persons;
  const bool of_answers = indicator != nullptr && !indicator->missing.empty();
  const auto cell = [hidden](bool has, auto number, bool applies = true) {
    if (has) return absl::StrCat(number);
    return std::string(hidden && applies ? "nd" : "");
  };
  return {absl::StrCat(value.year()),
          value.site(),
          value.indicator(),
          absl::StrCat(value.definition_version()),
          cell(value.has_numerator(), value.numerator()),
          cell(value.has_denominator(), value.denominator()),
          cell(value.has_rate(), value.rate()),
          cell(value.has_rate_low(), value.rate_low(), of_persons),
          cell(value.has_rate_high(), value.rate_high(), of_persons),
          cell(value.has_missing_count(), value.missing_count(), of_answers),
          cell(value.has_response_rate(), value.response_rate(), of_answers),
          cell(value.has_lower_bound(), value.lower_bound(), of_answers),
          cell(value.has_upper_bound(), value.upper_bound(), of_answers),
          value.suppressed_reason() == IndicatorValue::SUPPRESSED_REASON_UNSPECIFIED
              ? ""
              : IndicatorValue::SuppressedReason_Name(value.suppressed_reason()),
          value.missing_fact(),
          Day(value.has_due_date(), value.due_date())};
}

std::vector<std::string> Cells(const IndicatorDefinition& definition) {
  return {definition.id(),
          absl::StrCat(definition.version()),
          definition.numerator(),
          definition.denominator(),
          definition.population(),
          IndicatorDefinition::Anchor_Name(definition.anchor()),
          absl::StrCat(definition.due_months()),
          Day(definition.has_start_date(), definition.start_date()),
          Day(definition.has_end_date(), definition.end_date()),
          definition.missing_fact(),
          definition.source()};
}

template <class Message>
std::string Lines(const std::vector<Message>& messages) {
  std::string lines;
  for (const Message& message : messages) {
    std::string line;
    google::protobuf::util::MessageToJsonString(message, &line);
    absl::StrAppend(&lines, line, "\n");
  }
  return lines;
}

template <class Message>
std::vector<std::vector<std::string>> AllCells(const std::vector<Message>& messages) {
  std::vector<std::vector<std::string>> all;
  for (const Message& message : messages) all.push_back(Cells(message));
  return all;
}

}  // namespace

std::string ToCsv(const std::vector<IndicatorValue>& values, Header header) {
  return Format({"year", "site", "indicator", "version", "numerator", "denominator", "rate",
                 "rate_low", "rate_high", "missing_count", "response_rate", "lower_bound",
                 "upper_bound", "reason", "missing_fact", "due_date"},
                AllCells(values), header);
}

std::string ToCsv(const std::vector<IndicatorDefinition>& definitions) {
  return Format({"indicator", "version", "numerator", "denominator", "population", "anchor",
                 "due_months", "start_date", "end_date", "missing_fact", "source"},
                AllCells(definitions), Header::kFirst);
}

std::string ToJson(const std::vector<IndicatorValue>& values) { return Lines(values); }

std::string ToJson(const std::vector<IndicatorDefinition>& definitions) {
  return Lines(definitions);
}

}  // namespace vivier::statistics
