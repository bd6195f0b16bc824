#include "shared/rules/cases.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "shared/rules/condition.h"
#include "shared/rules/decide.h"

namespace vivier::rules {
namespace {

// Told of what a case found; says whether to go on.
using Tell = std::function<bool(const Case&, const std::string& what)>;

const Value* Found(const Table& table, const Decision* decision, const Answer& answer,
                   const Case::Expected& expected, int64_t day) {
  if (decision == nullptr)
    return ValueOn(table.parameters[static_cast<size_t>(expected.parameter)], day);
  if (answer.row == nullptr) return nullptr;
  for (size_t i = 0; i < decision->answers.size(); ++i)
    if (decision->answers[i] == expected.answer) return &answer.row->answers[i];
  return nullptr;
}

const std::string& NameOfExpected(const Table& table, const Case::Expected& expected) {
  return expected.answer >= 0 ? table.answers[static_cast<size_t>(expected.answer)].name
                              : table.parameters[static_cast<size_t>(expected.parameter)].name;
}

bool Run(const Table& table, const Decision* decision, const std::vector<Case>& cases,
         const Tell& tell) {
  for (const Case& one : cases) {
    const Answer answer =
        decision == nullptr ? Answer() : Decide(table, *decision, one.facts, one.day);
    for (const Case::Expected& expected : one.expected) {
      const Value* found = Found(table, decision, answer, expected, one.day);
      if (expected.value.has_value() ? found != nullptr && *found == *expected.value
                                     : found == nullptr)
        continue;
      const std::string what = absl::StrCat(
          decision == nullptr ? "" : decision->name + ": ", NameOfExpected(table, expected), " is ",
          found == nullptr ? "-" : found->ToString(), ", expected ",
          expected.value.has_value() ? expected.value->ToString() : "-");
      if (!tell(one, what)) return false;
    }
  }
  return true;
}

bool RunAll(const Table& table, const Tell& tell) {
  for (const Decision& decision : table.decisions)
    if (!Run(table, &decision, decision.cases, tell)) return false;
  return Run(table, nullptr, table.parameter_cases, tell);
}

}  // namespace

std::vector<CaseFailure> RunCases(const Table& table) {
  std::vector<CaseFailure> failures;
  RunAll(table, [&](const Case& one, const std::string& what) {
    failures.push_back({one.place.line, what});
    return true;
  });
  return failures;
}

bool CasesHold(const Table& table) {
  return RunAll(table, [](const Case&, const std::string&) { return false; });
}

int CountCases(const Table& table) {
  size_t count = table.parameter_cases.size();
  for (const Decision& decision : table.decisions) count += decision.cases.size();
  return static_cast<int>(count);
}

}  // namespace vivier::rules
