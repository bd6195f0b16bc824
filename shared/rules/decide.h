// Asks a decision of a rule table: the first row that matches answers. Functions without state,
// thread-safe; a question that code asks wrongly ends the process.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/rules/table.h"

namespace vivier::rules {

// The facts of one question to a table; what is not set is unknown.
class Facts {
 public:
  explicit Facts(const Table& table) : table_(table), values_(table.facts.size()) {}

  // INVALID_ARGUMENT for a fact that the table has not, of another type, or outside its list.
  absl::Status Set(absl::string_view name, Value value);
  // The same for code whose tables are compiled in: a mistake ends the process, saying which.
  Facts& With(absl::string_view name, Value value);

  const std::vector<Value>& values() const { return values_; }

 private:
  const Table& table_;
  std::vector<Value> values_;
};

// The answer of a row; valid as long as its table.
struct Answer {
  const Table* table = nullptr;
  const Decision* decision = nullptr;
  const Row* row = nullptr;  // null: no row matches, or the table is not in force
  int number = 0;            // of the row in its decision, from 1

  explicit operator bool() const { return row != nullptr; }
  // The value of that answer; unknown where no row matched or the decision has no such answer.
  const Value& Get(absl::string_view name) const;
};

Answer Decide(const Table& table, const Decision& decision, const std::vector<Value>& facts,
              int64_t day);
Answer Decide(const Table& table, const Decision& decision, const Facts& facts, absl::CivilDay day);

// An answer's words with each {name} replaced by that fact or parameter.
std::string Fill(const Answer& answer, absl::string_view name, const Facts& facts,
                 absl::CivilDay day);

// A line for each row up to the one that matches: which it is, or what of it does not fit.
std::vector<std::string> Explain(const Table& table, const Decision& decision, const Facts& facts,
                                 absl::CivilDay day);

}  // namespace vivier::rules
