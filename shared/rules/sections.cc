#include "shared/rules/sections.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"
#include "shared/base/status.h"
#include "shared/rules/condition.h"
#include "shared/rules/reader.h"

namespace vivier::rules {
namespace {

// Columns of their own, beside those of a section.
constexpr absl::string_view kOwn[] = {"on",         "valid",  "source",  "confirmed",
                                      "review",     "name",   "type",    "value",
                                      "parameters", "always", "unknown", "known"};

bool IsOwn(absl::string_view name) {
  return std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn);
}

absl::Status CheckName(const Table& table, const Cell& cell) {
  static const RE2 form("[a-z][a-z0-9_]*");
  if (!RE2::FullMatch(re2::StringPiece(cell.text.data(), cell.text.size()), form) ||
      cell.text.size() > kNameBytesMax || IsOwn(cell.text))
    return ErrorAt(cell.place, absl::StrCat("`", cell.text,
                                            "` is no name: small letters, digits and `_`, and no "
                                            "word of the format"));
  if (table.FactIndex(cell.text) >= 0 || table.AnswerIndex(cell.text) >= 0 ||
      table.ParameterIndex(cell.text) >= 0)
    return ErrorAt(cell.place, absl::StrCat("`", cell.text, "` is named twice"));
  return absl::OkStatus();
}

absl::StatusOr<Type> ReadType(const Cell& cell, absl::string_view name) {
  for (Type type : {Type::kBoolean, Type::kInteger, Type::kDecimal, Type::kDate, Type::kText,
                    Type::kSet, Type::kWords})
    if (NameOf(type) == name) return type;
  return ErrorAt(cell.place, absl::StrCat("`", name,
                                          "` is no type: boolean, integer, decimal, date, text, "
                                          "set or words"));
}

bool Means(absl::string_view text) {  // something else than itself in a condition
  return text == "*" || text == "-" || text == "known" || text == "unknown" || text == "empty" ||
         absl::StartsWith(text, "not ") || absl::StartsWith(text, "begins ") ||
         absl::StartsWith(text, "has ") || absl::StartsWith(text, "lacks ") ||
         absl::StartsWith(text, "<") || absl::StartsWith(text, ">");
}

// "text: A, B" gives the type and the domain.
absl::Status ReadKind(const Cell& cell, Field& field) {
  const size_t colon = cell.text.find(':');
  ASSIGN_OR_RETURN(field.type,
                   ReadType(cell, absl::StripTrailingAsciiWhitespace(cell.text.substr(0, colon))));
  if (colon == absl::string_view::npos) return absl::OkStatus();
  if (field.type != Type::kText && field.type != Type::kSet)
    return ErrorAt(cell.place, "only a text and a set are of a closed list");
  Cell list = cell;
  list.text.remove_prefix(colon + 1);
  list.place.column += static_cast<int>(colon) + 1;
  for (const Cell& part : SplitList(list)) {
    if (part.text.empty() || Means(part.text))
      return ErrorAt(part.place, absl::StrCat("`", part.text, "` cannot be a value of a list"));
    if (field.domain.size() == kListMax)
      return ErrorAt(part.place, absl::StrCat("more than ", kListMax, " values"));
    if (std::find(field.domain.begin(), field.domain.end(), part.text) != field.domain.end())
      return ErrorAt(part.place, absl::StrCat("`", part.text, "` stands twice in the list"));
    field.domain.emplace_back(part.text);
  }
  return absl::OkStatus();
}

absl::Status CheckCount(const Line& row, size_t wanted) {
  if (row.cells.size() == wanted) return absl::OkStatus();
  return ErrorAt(row.cells.back().place,
                 absl::StrCat("the row has ", row.cells.size(), " cells, its header ", wanted));
}

int ColumnOf(const Line& header, absl::string_view name) {
  for (size_t i = 0; i < header.cells.size(); ++i)
    if (header.cells[i].text == name) return static_cast<int>(i);
  return -1;
}

absl::Status CheckHeader(const Line& header) {
  for (const Cell& cell : header.cells)
    if (&header.cells[static_cast<size_t>(ColumnOf(header, cell.text))] != &cell)
      return ErrorAt(cell.place, absl::StrCat("a second column `", cell.text, "`"));
  return absl::OkStatus();
}

// A row's own `valid`, `source`, `confirmed` and `review`; `valid` stays, and the others are the
// table's, where it has none.
absl::Status ReadMeta(const Table& table, const Line& header, const Line& row, Validity& valid,
                      Origin& origin) {
  origin = table.origin;
  for (size_t i = 0; i < header.cells.size(); ++i) {
    const absl::string_view name = header.cells[i].text;
    const Cell& cell = row.cells[i];
    if (name == "valid") RETURN_IF_ERROR(Take(ReadValidity(cell), valid));
    if (name != "source" && name != "confirmed" && name != "review") continue;
    if (cell.text.empty()) return ErrorAt(cell.place, "the cell is empty");
    RETURN_IF_ERROR(ReadOrigin(name, cell, origin));
  }
  return absl::OkStatus();
}

bool IsMeta(absl::string_view name) {
  return name == "valid" || name == "source" || name == "confirmed" || name == "review";
}

absl::Status ReadVersion(const Line& header, const Line& row, Table& table) {
  RETURN_IF_ERROR(CheckCount(row, header.cells.size()));
  const auto cell = [&](absl::string_view name) {
    return row.cells[static_cast<size_t>(ColumnOf(header, name))];
  };
  const Cell name = cell("name"), type = cell("type"), value = cell("value");
  ASSIGN_OR_RETURN(const Type kind, ReadType(type, type.text));
  if (table.parameters.empty() || table.parameters.back().name != name.text) {
    RETURN_IF_ERROR(CheckName(table, name));
    if (table.parameters.size() == kFieldsMax)
      return ErrorAt(name.place, absl::StrCat("more than ", kFieldsMax, " parameters"));
    table.parameters.push_back({std::string(name.text), kind, {}});
  }
  Parameter& parameter = table.parameters.back();
  if (parameter.type != kind) return ErrorAt(type.place, "the parameter was of another type above");
  Version version;
  version.place = name.place;
  ASSIGN_OR_RETURN(version.value, ReadFieldValue({parameter.name, kind, {}, "", {}}, value));
  if (!version.value.known()) return ErrorAt(value.place, "a parameter is known");
  version.valid = table.valid;
  RETURN_IF_ERROR(ReadMeta(table, header, row, version.valid, version.origin));
  parameter.versions.push_back(std::move(version));
  return absl::OkStatus();
}

// The names in braces of an answer's words must be facts or parameters.
absl::Status CheckBraces(const Table& table, const Cell& cell) {
  size_t open = cell.text.find('{');
  for (; open != absl::string_view::npos; open = cell.text.find('{', open + 1)) {
    const size_t close = cell.text.find('}', open);
    const absl::string_view name =
        close == absl::string_view::npos ? "" : cell.text.substr(open + 1, close - open - 1);
    if (table.FactIndex(name) < 0 && table.ParameterIndex(name) < 0)
      return ErrorAt(cell.place, absl::StrCat("`{", name, "}` is neither a fact nor a parameter"));
  }
  return absl::OkStatus();
}

absl::Status ReadRow(const Line& header, const Line& line, const Table& table, Decision& decision) {
  RETURN_IF_ERROR(CheckCount(line, header.cells.size()));
  Row row;
  row.place = line.cells[0].place;
  RETURN_IF_ERROR(ReadMeta(table, header, line, row.valid, row.origin));
  for (size_t i = 0; i < header.cells.size(); ++i) {
    const absl::string_view name = header.cells[i].text;
    if (const int fact = table.FactIndex(name); fact >= 0) {
      ASSIGN_OR_RETURN(Condition condition,
                       ReadCondition(table, table.facts[static_cast<size_t>(fact)], line.cells[i]));
      row.conditions.push_back(std::move(condition));
    } else if (const int answer = table.AnswerIndex(name); answer >= 0) {
      RETURN_IF_ERROR(CheckBraces(table, line.cells[i]));
      ASSIGN_OR_RETURN(Value value,
                       ReadFieldValue(table.answers[static_cast<size_t>(answer)], line.cells[i]));
      row.answers.push_back(std::move(value));
    }
  }
  decision.rows.push_back(std::move(row));
  return absl::OkStatus();
}

absl::Status ReadColumns(const Line& header, const Table& table, Decision& decision) {
  RETURN_IF_ERROR(CheckHeader(header));
  for (const Cell& cell : header.cells) {
    const int fact = table.FactIndex(cell.text), answer = table.AnswerIndex(cell.text);
    if (fact >= 0 && !decision.answers.empty())
      return ErrorAt(cell.place, "the facts stand before the answers");
    if (fact >= 0)
      decision.facts.push_back(fact);
    else if (answer >= 0)
      decision.answers.push_back(answer);
    else if (!IsMeta(cell.text))
      return ErrorAt(cell.place, absl::StrCat("`", cell.text, "` is neither a fact nor an answer"));
  }
  if (decision.answers.empty()) return ErrorAt(header.cells[0].place, "no column is an answer");
  return absl::OkStatus();
}

absl::StatusOr<Case::Expected> ReadExpected(const Table& table, const Cell& title, const Cell& cell,
                                            const Decision* decision) {
  Case::Expected expected;
  expected.parameter = table.ParameterIndex(title.text);
  expected.answer = table.AnswerIndex(title.text);
  const auto& answers = decision == nullptr ? std::vector<int>() : decision->answers;
  const bool known = decision == nullptr ? expected.parameter >= 0
                                         : std::find(answers.begin(), answers.end(),
                                                     expected.answer) != answers.end();
  if (!known)
    return ErrorAt(title.place, absl::StrCat("`", title.text, "` is no column of what is tested"));
  if (cell.text == "-") return expected;
  const Field field =
      decision == nullptr
          ? Field{"", table.parameters[static_cast<size_t>(expected.parameter)].type, {}, "", {}}
          : table.answers[static_cast<size_t>(expected.answer)];
  ASSIGN_OR_RETURN(expected.value, ReadFieldValue(field, cell));
  return expected;
}

// Null for the cases of the parameters.
absl::StatusOr<Case> ReadCase(const Line& header, const Line& line, const Table& table,
                              const Decision* decision) {
  RETURN_IF_ERROR(CheckCount(line, header.cells.size()));
  Case result;
  result.place = line.cells[0].place;
  result.day = table.valid.from == Validity().from ? 0 : table.valid.from;
  result.facts.resize(table.facts.size());
  for (size_t i = 0; i < header.cells.size(); ++i) {
    const Cell& title = header.cells[i];
    const Cell& cell = line.cells[i];
    const int fact = decision == nullptr ? -1 : table.FactIndex(title.text);
    if (title.text == "on") {
      absl::StatusOr<absl::CivilDay> day = ReadDay(cell.text);
      if (!day.ok()) return ErrorAt(cell.place, day.status().message());
      result.day = NumberOf(*day);
    } else if (fact >= 0) {
      const auto& facts = decision->facts;
      if (std::find(facts.begin(), facts.end(), fact) == facts.end())
        return ErrorAt(title.place, absl::StrCat("the decision does not ask `", title.text, "`"));
      ASSIGN_OR_RETURN(result.facts[static_cast<size_t>(fact)],
                       ReadFieldValue(table.facts[static_cast<size_t>(fact)], cell));
    } else {
      ASSIGN_OR_RETURN(Case::Expected expected, ReadExpected(table, title, cell, decision));
      result.expected.push_back(std::move(expected));
    }
  }
  if (result.expected.empty()) return ErrorAt(result.place, "the case expects nothing");
  return result;
}

}  // namespace

absl::Status ReadFields(Rows rows, const Table& table, std::vector<Field>& fields) {
  for (const Line& row : rows) {
    if (row.cells.size() < 2 || row.cells.size() > 3)
      return ErrorAt(row.cells[0].place, "a row here is `name | type | meaning`");
    RETURN_IF_ERROR(CheckName(table, row.cells[0]));
    if (fields.size() == kFieldsMax)
      return ErrorAt(row.cells[0].place, absl::StrCat("more than ", kFieldsMax, " names"));
    Field field;
    field.name = std::string(row.cells[0].text);
    field.place = row.cells[0].place;
    if (row.cells.size() == 3) field.meaning = std::string(row.cells[2].text);
    RETURN_IF_ERROR(ReadKind(row.cells[1], field));
    if (field.type == Type::kWords && &fields == &table.facts)
      return ErrorAt(row.cells[1].place, "words are for answers; a fact is a text");
    fields.push_back(std::move(field));
  }
  return absl::OkStatus();
}

absl::Status ReadParameters(Rows rows, Table& table) {
  const Line& header = rows[0];
  RETURN_IF_ERROR(CheckHeader(header));
  for (absl::string_view name : {"name", "type", "value"})
    if (ColumnOf(header, name) < 0)
      return ErrorAt(header.cells[0].place, absl::StrCat("the column `", name, "` is missing"));
  for (const Cell& cell : header.cells)
    if (!IsMeta(cell.text) && cell.text != "name" && cell.text != "type" && cell.text != "value")
      return ErrorAt(cell.place, absl::StrCat("`", cell.text, "` is no column of parameters"));
  for (const Line& row : rows.subspan(1)) RETURN_IF_ERROR(ReadVersion(header, row, table));
  return absl::OkStatus();
}

absl::Status ReadDecision(const Cell& name, Rows rows, Table& table) {
  static const RE2 form("([a-z][a-z0-9_]*)?");
  if (!RE2::FullMatch(re2::StringPiece(name.text.data(), name.text.size()), form) ||
      name.text.size() > kNameBytesMax || IsOwn(name.text))
    return ErrorAt(name.place, "a decision's name is small letters, digits and `_`");
  if (table.FindDecision(name.text) != nullptr)
    return ErrorAt(name.place, absl::StrCat("a second decision `", name.text, "`"));
  if (table.decisions.size() == kDecisionsMax)
    return ErrorAt(name.place, absl::StrCat("more than ", kDecisionsMax, " decisions"));
  Decision decision;
  decision.name = std::string(name.text);
  decision.place = name.place;
  RETURN_IF_ERROR(ReadColumns(rows[0], table, decision));
  if (rows.size() == 1) return ErrorAt(rows[0].cells[0].place, "the decision has no rows");
  for (const Line& row : rows.subspan(1)) RETURN_IF_ERROR(ReadRow(rows[0], row, table, decision));
  table.decisions.push_back(std::move(decision));
  return absl::OkStatus();
}

absl::Status ReadCases(const Cell& name, Rows rows, Table& table) {
  Decision* decision = nullptr;
  for (Decision& candidate : table.decisions)
    if (candidate.name == name.text) decision = &candidate;
  if (decision == nullptr && name.text != "parameters")
    return ErrorAt(name.place, absl::StrCat("no decision `", name.text, "` stands above"));
  std::vector<Case>& cases = decision == nullptr ? table.parameter_cases : decision->cases;
  if (!cases.empty()) return ErrorAt(name.place, "these cases stand above already");
  RETURN_IF_ERROR(CheckHeader(rows[0]));
  for (const Line& row : rows.subspan(1)) {
    ASSIGN_OR_RETURN(Case read, ReadCase(rows[0], row, table, decision));
    cases.push_back(std::move(read));
  }
  return absl::OkStatus();
}

absl::StatusOr<Validity> ReadValidity(const Cell& cell) {
  Validity validity;
  if (cell.text == "always") return validity;
  const size_t dots = cell.text.find("..");
  if (dots == absl::string_view::npos || cell.text == "..")
    return ErrorAt(cell.place, "days are `2019-01-01 ..`, `.. 2024-12-31`, both, or `always`");
  const absl::string_view from = absl::StripAsciiWhitespace(cell.text.substr(0, dots));
  const absl::string_view until = absl::StripAsciiWhitespace(cell.text.substr(dots + 2));
  for (const auto& [text, number] : {std::pair(from, &validity.from), {until, &validity.until}}) {
    if (text.empty()) continue;
    const absl::StatusOr<absl::CivilDay> day = ReadDay(text);
    if (!day.ok()) return ErrorAt(cell.place, day.status().message());
    *number = NumberOf(*day);
  }
  if (validity.from > validity.until)
    return ErrorAt(cell.place, "the last day is before the first");
  return validity;
}

absl::Status ReadOrigin(absl::string_view word, const Cell& cell, Origin& origin) {
  if (word == "source") {
    origin.source = std::string(cell.text);
  } else if (word == "confirmed") {
    origin.confirmed = std::string(cell.text);
  } else {
    absl::StatusOr<absl::CivilDay> day = ReadDay(cell.text);
    if (!day.ok()) return ErrorAt(cell.place, day.status().message());
    origin.review = *day;
  }
  return absl::OkStatus();
}

}  // namespace vivier::rules
