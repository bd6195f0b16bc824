#include "shared/rules/points.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace vivier::rules {
namespace {

constexpr size_t kMembersAllSubsets = 6;

using Conditions = std::vector<const Condition*>;

Value OfType(Type type, int64_t number) {
  switch (type) {
    case Type::kInteger:
      return Value::Integer(number);
    case Type::kDecimal:
      return Value::Decimal(number);
    default:
      return Value::Date(absl::CivilDay(1970, 1, 1) + number);
  }
}

void AddNumbers(const Table& table, const Operand& operand, std::set<int64_t>& numbers) {
  if (operand.parameter < 0) {
    numbers.insert(operand.value.number());
    return;
  }
  for (const Version& version : table.parameters[static_cast<size_t>(operand.parameter)].versions)
    numbers.insert(version.value.number());
}

std::vector<Value> OrderedPoints(const Table& table, Type type, const Conditions& conditions) {
  std::set<int64_t> numbers = {0};
  for (const Condition* condition : conditions) {
    for (const Operand& operand : condition->operands) AddNumbers(table, operand, numbers);
    if (condition->low.has_value()) AddNumbers(table, condition->low->operand, numbers);
    if (condition->high.has_value()) AddNumbers(table, condition->high->operand, numbers);
  }
  std::set<int64_t> around;
  for (int64_t number : numbers) around.insert({number - 1, number, number + 1});
  std::vector<Value> points;
  for (int64_t number : around) points.push_back(OfType(type, number));
  return points;
}

std::set<std::string> Mentioned(const Conditions& conditions) {
  std::set<std::string> texts;
  for (const Condition* condition : conditions)
    for (const Operand& operand : condition->operands) texts.insert(operand.value.text());
  return texts;
}

std::vector<Value> TextPoints(const Field& fact, const Conditions& conditions) {
  std::set<std::string> texts(fact.domain.begin(), fact.domain.end());
  if (fact.domain.empty()) {
    for (const std::string& text : Mentioned(conditions)) texts.insert({text, text + "*"});
    texts.insert("*");  // a text of none of the lists
  }
  std::vector<Value> points;
  for (const std::string& text : texts) points.push_back(Value::Text(text));
  return points;
}

std::vector<Value> SetPoints(const Conditions& conditions) {
  const std::set<std::string> mentioned = Mentioned(conditions);
  const std::vector<std::string> members(mentioned.begin(), mentioned.end());
  std::vector<Value> points = {Value::Set({}), Value::Set(members)};
  for (const std::string& member : members) points.push_back(Value::Set({member}));
  if (members.size() > kMembersAllSubsets) return points;
  for (uint32_t bits = 0; bits < (1u << members.size()); ++bits) {
    std::vector<std::string> subset;
    for (size_t i = 0; i < members.size(); ++i)
      if ((bits >> i) % 2 == 1) subset.push_back(members[i]);
    points.push_back(Value::Set(std::move(subset)));
  }
  return points;
}

void AddDays(const Validity& valid, std::set<int64_t>& days) {
  if (valid.from != Validity().from) days.insert(valid.from);
  if (valid.until != Validity().until) days.insert({valid.until, valid.until + 1});
}

}  // namespace

std::vector<Value> PointsOf(const Table& table, const Decision& decision, size_t column) {
  Conditions conditions;
  for (const Row& row : decision.rows) conditions.push_back(&row.conditions[column]);
  const Field& fact = table.facts[static_cast<size_t>(decision.facts[column])];
  std::vector<Value> points;
  switch (fact.type) {
    case Type::kBoolean:
      points = {Value::Boolean(false), Value::Boolean(true)};
      break;
    case Type::kText:
      points = TextPoints(fact, conditions);
      break;
    case Type::kSet:
      points = SetPoints(conditions);
      break;
    default:
      points = OrderedPoints(table, fact.type, conditions);
      break;
  }
  points.emplace_back();
  return points;
}

std::vector<int64_t> DaysOf(const Table& table, const Decision& decision) {
  std::set<int64_t> days;
  AddDays(table.valid, days);
  for (const Row& row : decision.rows) AddDays(row.valid, days);
  for (const Parameter& parameter : table.parameters)
    for (const Version& version : parameter.versions) AddDays(version.valid, days);
  if (days.empty()) return {0};
  days.insert(*days.begin() - 1);
  return {days.begin(), days.end()};
}

}  // namespace vivier::rules
