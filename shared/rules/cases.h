// Runs the cases that a rule table brings along. Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "shared/rules/table.h"

namespace vivier::rules {

struct CaseFailure {
  int line = 0;
  std::string what;  // "load: finding is -, expected TUTOR_LOAD"
};

// The failures of all cases, in the order of the text's decisions.
std::vector<CaseFailure> RunCases(const Table& table);

// Whether every case holds; stops at the first that does not.
bool CasesHold(const Table& table);

int CountCases(const Table& table);

}  // namespace vivier::rules
