#include "shared/rules/mutants.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "shared/rules/cases.h"
#include "shared/rules/condition.h"

namespace vivier::rules {
namespace {

using See = std::function<void(const Table&, const Survivor&)>;

// The least step of a type: a cent for a decimal.
int64_t StepOf(Type type) { return type == Type::kDecimal ? Value::kOne / 100 : 1; }

Value Moved(const Value& value, int64_t step) {
  switch (value.type()) {
    case Type::kInteger:
      return Value::Integer(value.number() + step);
    case Type::kDecimal:
      return Value::Decimal(value.number() + step);
    case Type::kDate:
      return Value::Date(value.day() + step);
    default:
      return value;
  }
}

class Mutator {
 public:
  Mutator(const Table& table, uint32_t seed, const See& see)
      : mutant_(table), see_(see), random_(seed) {}

  void Run() {
    for (Decision& decision : mutant_.decisions) {
      for (size_t i = 0; i < decision.rows.size(); ++i) MutateRow(decision, i);
      for (size_t i = 0; i < decision.rows.size(); ++i) Drop(decision, i);
    }
    for (Parameter& parameter : mutant_.parameters)
      for (Version& version : parameter.versions) MutateVersion(parameter, version);
    if (!mutant_.decisions.empty()) Move(mutant_.valid, false, 1, "the table");
  }

 private:
  // Puts `other` in the place of `part`, shows the table, and puts `part` back.
  template <class T>
  void Try(T& part, T other, int line, const std::string& what) {
    std::swap(part, other);
    see_(mutant_, {line, what});
    std::swap(part, other);
  }

  // Where another version ends on the day before, an earlier first day says nothing: the one above
  // answers.
  void Move(Validity& valid, bool follows, int line, const std::string& where) {
    for (int step : {-1, 1}) {
      if (valid.from != Validity().from && !(follows && step < 0))
        Try(valid.from, valid.from + step, line, where + ": its first day moved");
      if (valid.until != Validity().until)
        Try(valid.until, valid.until + step, line, where + ": its last day moved");
    }
  }

  void Drop(Decision& decision, size_t i) {
    std::vector<Row> rows = decision.rows;
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
    Try(decision.rows, std::move(rows), decision.rows[i].place.line,
        absl::StrCat(decision.name, " row ", i + 1, ": dropped"));
  }

  void MutateRow(Decision& decision, size_t i) {
    Row& row = decision.rows[i];
    const std::string where = absl::StrCat(decision.name, " row ", i + 1);
    const std::string conditions = ConditionsText(mutant_, row);
    const bool follows = std::any_of(
        decision.rows.begin(), decision.rows.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const Row& above) {
          return above.valid.until < row.valid.from && above.valid.until + 1 == row.valid.from &&
                 ConditionsText(mutant_, above) == conditions;
        });
    Move(row.valid, follows, row.place.line, where);
    for (size_t c = 0; c < row.conditions.size(); ++c)
      MutateCondition(row.conditions[c], mutant_.facts[static_cast<size_t>(decision.facts[c])],
                      where);
    for (size_t a = 0; a < row.answers.size(); ++a)
      Flip(row.answers[a], mutant_.answers[static_cast<size_t>(decision.answers[a])],
           row.place.line, where);
  }

  void MutateCondition(Condition& condition, const Field& fact, const std::string& row) {
    const std::string where = absl::StrCat(row, ": ", fact.name, " ", ToString(mutant_, condition));
    const int line = condition.place.line;
    if (condition.kind == Condition::kAny) return;
    Try(condition.kind, Condition::kAny, line, where + " widened to anything");
    for (auto* bound : {&condition.low, &condition.high})
      if (bound->has_value()) MutateBound(**bound, fact.type, line, where);
    if (condition.operands.size() > 1) MutateList(condition, line, where);
    static constexpr std::pair<Condition::Kind, Condition::Kind> kOpposites[] = {
        {Condition::kUnknown, Condition::kKnown}, {Condition::kKnown, Condition::kUnknown},
        {Condition::kIn, Condition::kNotIn},      {Condition::kNotIn, Condition::kIn},
        {Condition::kHas, Condition::kLacks},     {Condition::kLacks, Condition::kHas}};
    for (const auto& [from, to] : kOpposites)
      if (condition.kind == from) {
        Try(condition.kind, to, line, where + " turned round");
        return;
      }
  }

  void MutateBound(Condition::Bound& bound, Type type, int line, const std::string& where) {
    Try(bound.open, !bound.open, line, where + ": its end belongs to it, or no longer");
    if (bound.operand.parameter >= 0) return;  // the parameter is moved by itself
    for (int64_t step : {-StepOf(type), StepOf(type)})
      Try(bound.operand.value, Moved(bound.operand.value, step), line, where + ": its end moved");
  }

  void MutateList(Condition& condition, int line, const std::string& where) {
    for (size_t i = 0; i < condition.operands.size(); ++i) {
      std::vector<Operand> fewer = condition.operands;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      Try(condition.operands, std::move(fewer), line,
          absl::StrCat(where, " without ", condition.operands[i].value.ToString()));
    }
  }

  // Another value of the same answer; words decide nothing.
  void Flip(Value& value, const Field& answer, int line, const std::string& where) {
    if (answer.type == Type::kWords) return;
    Try(value, Other(value, answer.domain), line,
        absl::StrCat(where, ": ", answer.name, " ", value.ToString(), " changed"));
  }

  Value Other(const Value& value, const std::vector<std::string>& domain) {
    switch (value.type()) {
      case Type::kUnknown:
        return Value::Text("*");
      case Type::kBoolean:
        return Value::Boolean(value.number() == 0);
      case Type::kSet:
        return Value::Set(value.members().empty() ? std::vector<std::string>{"*"}
                                                  : std::vector<std::string>{});
      case Type::kText: {
        if (domain.size() < 2) return Value::Text(value.text() + "*");
        const size_t other = random_() % domain.size();
        return Value::Text(
            domain[domain[other] == value.text() ? (other + 1) % domain.size() : other]);
      }
      default:
        return Moved(value, random_() % 2 == 0 ? StepOf(value.type()) : -StepOf(value.type()));
    }
  }

  void MutateVersion(Parameter& parameter, Version& version) {
    const int line = version.place.line;
    Try(version.value, Other(version.value, {}), line,
        absl::StrCat(parameter.name, " ", version.value.ToString(), " changed"));
    const bool follows = std::any_of(parameter.versions.begin(), parameter.versions.end(),
                                     [&](const Version& other) {
                                       return other.valid.until < version.valid.from &&
                                              other.valid.until + 1 == version.valid.from;
                                     });
    Move(version.valid, follows, line, parameter.name);
    if (parameter.versions.size() < 2) return;
    std::vector<Version> fewer = parameter.versions;
    fewer.erase(fewer.begin() + (&version - parameter.versions.data()));
    Try(parameter.versions, std::move(fewer), line,
        absl::StrCat(parameter.name, " ", version.value.ToString(), " dropped"));
  }

  Table mutant_;
  const See& see_;
  std::mt19937 random_;
};

}  // namespace

void ForEachMutant(const Table& table, uint32_t seed, const See& see) {
  Mutator(table, seed, see).Run();
}

std::vector<Survivor> FindSurvivors(const Table& table, uint32_t seed) {
  std::vector<Survivor> survivors;
  ForEachMutant(table, seed, [&](const Table& mutant, const Survivor& change) {
    if (CasesHold(mutant)) survivors.push_back(change);
  });
  return survivors;
}

}  // namespace vivier::rules
