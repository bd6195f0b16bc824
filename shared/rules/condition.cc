#include "shared/rules/condition.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "shared/base/status.h"

namespace vivier::rules {
namespace {

bool IsOrdered(Type type) {
  return type == Type::kInteger || type == Type::kDecimal || type == Type::kDate;
}

Cell After(Cell cell, size_t bytes) {
  const absl::string_view rest = cell.text.substr(bytes);
  const absl::string_view inner = absl::StripLeadingAsciiWhitespace(rest);
  cell.place.column += static_cast<int>(bytes + rest.size() - inner.size());
  cell.text = absl::StripTrailingAsciiWhitespace(inner);
  return cell;
}

absl::StatusOr<Operand> ReadOperand(const Table& table, const Field& fact, const Cell& cell) {
  if (IsOrdered(fact.type)) {
    const int parameter = table.ParameterIndex(cell.text);
    if (parameter >= 0) {
      const Type type = table.parameters[static_cast<size_t>(parameter)].type;
      if (type == fact.type) return Operand{Value(), parameter};
      return ErrorAt(cell.place, absl::StrCat("the parameter is of type ", NameOf(type),
                                              ", the fact of type ", NameOf(fact.type)));
    }
  }
  ASSIGN_OR_RETURN(Value value, ReadFieldValue(fact, cell));
  if (!value.known()) return ErrorAt(cell.place, "`unknown` stands alone in its cell");
  return Operand{std::move(value), -1};
}

absl::StatusOr<Condition> ReadList(const Table& table, const Field& fact, const Cell& cell,
                                   Condition::Kind kind) {
  Condition condition;
  condition.kind = kind;
  Field member = fact;
  if (fact.type == Type::kSet) member.type = Type::kText;
  if (kind == Condition::kBegins) member.domain.clear();
  for (const Cell& part : SplitList(cell)) {
    if (condition.operands.size() == kListMax)
      return ErrorAt(part.place, absl::StrCat("more than ", kListMax, " values"));
    ASSIGN_OR_RETURN(Operand operand, ReadOperand(table, member, part));
    condition.operands.push_back(std::move(operand));
  }
  return condition;
}

absl::StatusOr<Condition> ReadRange(const Table& table, const Field& fact, const Cell& cell,
                                    size_t dots) {
  Condition condition;
  condition.kind = Condition::kRange;
  Cell low = cell;
  low.text = absl::StripTrailingAsciiWhitespace(cell.text.substr(0, dots));
  ASSIGN_OR_RETURN(Operand from, ReadOperand(table, fact, low));
  ASSIGN_OR_RETURN(Operand until, ReadOperand(table, fact, After(cell, dots + 2)));
  if (from.parameter < 0 && until.parameter < 0 && from.value.number() > until.value.number())
    return ErrorAt(cell.place, "the range ends before it begins");
  condition.low = Condition::Bound{std::move(from), false};
  condition.high = Condition::Bound{std::move(until), false};
  return condition;
}

absl::StatusOr<Condition> ReadComparison(const Table& table, const Field& fact, const Cell& cell) {
  if (!IsOrdered(fact.type))
    return ErrorAt(cell.place, absl::StrCat("a ", NameOf(fact.type), " has no order"));
  const bool closed = cell.text.size() > 1 && cell.text[1] == '=';
  Condition condition;
  condition.kind = Condition::kRange;
  ASSIGN_OR_RETURN(Operand operand, ReadOperand(table, fact, After(cell, closed ? 2 : 1)));
  (cell.text[0] == '<' ? condition.high : condition.low) =
      Condition::Bound{std::move(operand), !closed};
  return condition;
}

absl::StatusOr<Condition> ReadWord(const Table& table, const Field& fact, const Cell& cell) {
  static constexpr struct {
    absl::string_view word;
    Condition::Kind kind;
    Type type;  // kUnknown: every type but a set
  } kWords[] = {{"not ", Condition::kNotIn, Type::kUnknown},
                {"begins ", Condition::kBegins, Type::kText},
                {"has ", Condition::kHas, Type::kSet},
                {"lacks ", Condition::kLacks, Type::kSet}};
  for (const auto& entry : kWords) {
    if (!absl::StartsWith(cell.text, entry.word)) continue;
    const bool fits =
        entry.type == Type::kUnknown ? fact.type != Type::kSet : fact.type == entry.type;
    if (!fits)
      return ErrorAt(cell.place,
                     absl::StrCat("`", entry.word, "…` asks nothing of a ", NameOf(fact.type)));
    return ReadList(table, fact, After(cell, entry.word.size()), entry.kind);
  }
  if (fact.type == Type::kSet)
    return ErrorAt(cell.place, "a set is asked with `has A, B` or `lacks A, B`");
  return ReadList(table, fact, cell, Condition::kIn);
}

absl::StatusOr<Condition> ReadAny(const Table& table, const Field& fact, const Cell& cell) {
  Condition condition;
  if (cell.text.empty()) return ErrorAt(cell.place, "the cell is empty; `*` means anything");
  if (cell.text == "*") return condition;
  condition.kind = cell.text == "unknown" ? Condition::kUnknown : Condition::kKnown;
  if (cell.text == "unknown" || cell.text == "known") return condition;
  if (cell.text[0] == '<' || cell.text[0] == '>') return ReadComparison(table, fact, cell);
  const size_t dots = cell.text.find("..");
  if (dots != absl::string_view::npos && IsOrdered(fact.type))
    return ReadRange(table, fact, cell, dots);
  return ReadWord(table, fact, cell);
}

// Null where a parameter is not in force.
const Value* On(const Table& table, const Operand& operand, int64_t day) {
  if (operand.parameter < 0) return &operand.value;
  return ValueOn(table.parameters[static_cast<size_t>(operand.parameter)], day);
}

bool IsIn(const Table& table, const Condition& condition, const Value& fact, int64_t day) {
  return std::any_of(condition.operands.begin(), condition.operands.end(),
                     [&](const Operand& operand) {
                       const Value* value = On(table, operand, day);
                       return value != nullptr && *value == fact;
                     });
}

bool IsWithin(const Table& table, const Condition& condition, int64_t number, int64_t day) {
  if (condition.low.has_value()) {
    const Value* low = On(table, condition.low->operand, day);
    if (low == nullptr || number < low->number() ||
        (condition.low->open && number == low->number()))
      return false;
  }
  if (condition.high.has_value()) {
    const Value* high = On(table, condition.high->operand, day);
    if (high == nullptr || number > high->number() ||
        (condition.high->open && number == high->number()))
      return false;
  }
  return true;
}

bool HasOne(const Condition& condition, const std::vector<std::string>& members) {
  return std::any_of(
      condition.operands.begin(), condition.operands.end(), [&](const Operand& operand) {
        return std::binary_search(members.begin(), members.end(), operand.value.text());
      });
}

bool Begins(const Condition& condition, absl::string_view text) {
  return std::any_of(
      condition.operands.begin(), condition.operands.end(),
      [&](const Operand& operand) { return absl::StartsWith(text, operand.value.text()); });
}

std::string ToString(const Table& table, const Operand& operand) {
  if (operand.parameter < 0) return operand.value.ToString();
  return table.parameters[static_cast<size_t>(operand.parameter)].name;
}

std::string RangeText(const Table& table, const Condition& condition) {
  if (condition.low.has_value() && condition.high.has_value())
    return absl::StrCat(ToString(table, condition.low->operand), " .. ",
                        ToString(table, condition.high->operand));
  if (condition.low.has_value())
    return absl::StrCat(condition.low->open ? "> " : ">= ",
                        ToString(table, condition.low->operand));
  return absl::StrCat(condition.high->open ? "< " : "<= ",
                      ToString(table, condition.high->operand));
}

}  // namespace

absl::StatusOr<Condition> ReadCondition(const Table& table, const Field& fact, const Cell& cell) {
  absl::StatusOr<Condition> condition = ReadAny(table, fact, cell);
  if (condition.ok()) condition->place = cell.place;
  return condition;
}

absl::StatusOr<Value> ReadFieldValue(const Field& field, const Cell& cell) {
  absl::StatusOr<Value> value = ReadValue(field.type, cell.text);
  if (!value.ok()) return ErrorAt(cell.place, value.status().message());
  const auto& domain = field.domain;
  const auto belongs = [&](const std::string& text) {
    return domain.empty() || std::find(domain.begin(), domain.end(), text) != domain.end();
  };
  const bool fits = value->type() == Type::kText
                        ? belongs(value->text())
                        : std::all_of(value->members().begin(), value->members().end(), belongs);
  if (!fits)
    return ErrorAt(cell.place, absl::StrCat("`", cell.text, "` is none of ", field.name,
                                            "'s: ", absl::StrJoin(domain, ", ")));
  return value;
}

const Value* ValueOn(const Parameter& parameter, int64_t day) {
  for (const Version& version : parameter.versions)
    if (version.valid.Contains(day)) return &version.value;
  return nullptr;
}

bool Matches(const Table& table, const Condition& condition, const Value& fact, int64_t day) {
  if (condition.kind == Condition::kAny) return true;
  if (condition.kind == Condition::kUnknown) return !fact.known();
  if (!fact.known()) return false;
  switch (condition.kind) {
    case Condition::kIn:
      return IsIn(table, condition, fact, day);
    case Condition::kNotIn:
      return !IsIn(table, condition, fact, day);
    case Condition::kRange:
      return IsWithin(table, condition, fact.number(), day);
    case Condition::kBegins:
      return Begins(condition, fact.text());
    case Condition::kHas:
      return HasOne(condition, fact.members());
    case Condition::kLacks:
      return !HasOne(condition, fact.members());
    default:
      return true;  // kKnown
  }
}

std::string ToString(const Table& table, const Condition& condition) {
  const std::string list =
      absl::StrJoin(condition.operands, ", ", [&](std::string* out, const Operand& operand) {
        absl::StrAppend(out, ToString(table, operand));
      });
  switch (condition.kind) {
    case Condition::kAny:
      return "*";
    case Condition::kUnknown:
      return "unknown";
    case Condition::kKnown:
      return "known";
    case Condition::kIn:
      return list;
    case Condition::kNotIn:
      return "not " + list;
    case Condition::kRange:
      return RangeText(table, condition);
    case Condition::kBegins:
      return "begins " + list;
    case Condition::kHas:
      return "has " + list;
    case Condition::kLacks:
      return "lacks " + list;
  }
  return list;
}

std::string ConditionsText(const Table& table, const Row& row) {
  return absl::StrJoin(row.conditions, "|", [&](std::string* out, const Condition& condition) {
    absl::StrAppend(out, ToString(table, condition));
  });
}

}  // namespace vivier::rules
