#include "shared/rules/decide.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/rules/condition.h"

namespace vivier::rules {
namespace {

// The first condition that does not hold; the number of conditions where all do.
size_t FirstUnmet(const Table& table, const Decision& decision, const Row& row,
                  const std::vector<Value>& facts, int64_t day) {
  size_t i = 0;
  while (i < row.conditions.size() &&
         Matches(table, row.conditions[i], facts[static_cast<size_t>(decision.facts[i])], day))
    ++i;
  return i;
}

std::string TextOf(const Table& table, absl::string_view name, const Facts& facts, int64_t day) {
  if (const int fact = table.FactIndex(name); fact >= 0)
    return facts.values()[static_cast<size_t>(fact)].ToString();
  const int parameter = table.ParameterIndex(name);
  const Value* value =
      parameter < 0 ? nullptr : ValueOn(table.parameters[static_cast<size_t>(parameter)], day);
  return value == nullptr ? "unknown" : value->ToString();
}

std::string AnswersText(const Answer& answer, const Facts& facts, absl::CivilDay day) {
  std::vector<std::string> parts;
  for (int index : answer.decision->answers) {
    const Field& field = answer.table->answers[static_cast<size_t>(index)];
    parts.push_back(absl::StrCat(field.name, " = ",
                                 field.type == Type::kWords ? Fill(answer, field.name, facts, day)
                                                            : answer.Get(field.name).ToString()));
  }
  return absl::StrJoin(parts, "; ");
}

}  // namespace

absl::Status Facts::Set(absl::string_view name, Value value) {
  const int index = table_.FactIndex(name);
  if (index < 0)
    return absl::InvalidArgumentError(absl::StrCat(table_.key, " asks no fact `", name, "`"));
  const Field& field = table_.facts[static_cast<size_t>(index)];
  if (value.known() && value.type() != field.type)
    return absl::InvalidArgumentError(absl::StrCat(table_.key, ": ", name, " is of type ",
                                                   NameOf(field.type), ", not ",
                                                   NameOf(value.type())));
  const auto foreign = [&](const std::string& text) {
    return std::find(field.domain.begin(), field.domain.end(), text) == field.domain.end();
  };
  if (!field.domain.empty() &&
      (value.type() == Type::kText
           ? foreign(value.text())
           : std::any_of(value.members().begin(), value.members().end(), foreign)))
    return absl::InvalidArgumentError(absl::StrCat(table_.key, ": ", name, " is one of ",
                                                   absl::StrJoin(field.domain, ", "), ", not ",
                                                   value.ToString()));
  values_[static_cast<size_t>(index)] = std::move(value);
  return absl::OkStatus();
}

Facts& Facts::With(absl::string_view name, Value value) {
  if (const absl::Status set = Set(name, std::move(value)); !set.ok()) {
    std::cerr << "a rule is asked wrongly: " << set.message() << "\n";
    std::abort();
  }
  return *this;
}

const Value& Answer::Get(absl::string_view name) const {
  static const Value& unknown = *new Value();
  if (row == nullptr) return unknown;
  for (size_t i = 0; i < decision->answers.size(); ++i)
    if (table->answers[static_cast<size_t>(decision->answers[i])].name == name)
      return row->answers[i];
  return unknown;
}

Answer Decide(const Table& table, const Decision& decision, const std::vector<Value>& facts,
              int64_t day) {
  Answer answer = {&table, &decision, nullptr, 0};
  if (!table.valid.Contains(day)) return answer;
  for (size_t i = 0; i < decision.rows.size(); ++i) {
    const Row& row = decision.rows[i];
    if (!row.valid.Contains(day) ||
        FirstUnmet(table, decision, row, facts, day) < row.conditions.size())
      continue;
    answer.row = &row;
    answer.number = static_cast<int>(i) + 1;
    break;
  }
  return answer;
}

Answer Decide(const Table& table, const Decision& decision, const Facts& facts,
              absl::CivilDay day) {
  return Decide(table, decision, facts.values(), NumberOf(day));
}

std::string Fill(const Answer& answer, absl::string_view name, const Facts& facts,
                 absl::CivilDay day) {
  const std::string& words = answer.Get(name).text();
  std::string result;
  size_t from = 0;
  for (size_t open = words.find('{'); open != std::string::npos; open = words.find('{', from)) {
    const size_t close = words.find('}', open);
    if (close == std::string::npos) break;
    absl::StrAppend(
        &result, words.substr(from, open - from),
        TextOf(*answer.table, words.substr(open + 1, close - open - 1), facts, NumberOf(day)));
    from = close + 1;
  }
  return absl::StrCat(result, words.substr(from));
}

std::vector<std::string> Explain(const Table& table, const Decision& decision, const Facts& facts,
                                 absl::CivilDay day) {
  const int64_t number = NumberOf(day);
  if (!table.valid.Contains(number))
    return {absl::StrCat("the table is in force ", ToString(table.valid))};
  std::vector<std::string> lines;
  for (size_t i = 0; i < decision.rows.size(); ++i) {
    const Row& row = decision.rows[i];
    const std::string which = absl::StrCat("row ", i + 1, " (line ", row.place.line, ")");
    if (!row.valid.Contains(number)) {
      lines.push_back(absl::StrCat(which, ": in force ", ToString(row.valid)));
      continue;
    }
    const size_t unmet = FirstUnmet(table, decision, row, facts.values(), number);
    if (unmet == row.conditions.size()) {
      lines.push_back(absl::StrCat(
          which, " answers: ",
          AnswersText({&table, &decision, &row, static_cast<int>(i) + 1}, facts, day)));
      return lines;
    }
    const auto fact = static_cast<size_t>(decision.facts[unmet]);
    lines.push_back(absl::StrCat(which, ": ", table.facts[fact].name, " is ",
                                 facts.values()[fact].ToString(), ", not ",
                                 ToString(table, row.conditions[unmet])));
  }
  lines.push_back("no row matches");
  return lines;
}

}  // namespace vivier::rules
