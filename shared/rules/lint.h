// What is wrong with a rule table that can be read. Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "shared/rules/table.h"

namespace vivier::rules {

struct LintFinding {
  bool error = true;  // else a warning: the table may be used
  int line = 0;
  std::string what;
};

// In the order of the checks: rows that contradict, repeat or cover each other, names that nothing
// uses, days that overlap or leave a gap, cases that are missing, review days before `today`.
std::vector<LintFinding> Lint(const Table& table, absl::CivilDay today);

// The lines whose review day is before `today`, once for the table and once for each row of its
// own: warnings.
std::vector<LintFinding> OverdueReviews(const Table& table, absl::CivilDay today);

}  // namespace vivier::rules
