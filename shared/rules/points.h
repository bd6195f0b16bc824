// The questions that can get different answers from a decision: on each side of each bound, each
// text of a list and one of none, known and unknown, each day on which something begins or ends.
// Whatever holds for these holds for all facts, for conditions look at one fact each. Pure
// functions; thread-safe.
#pragma once

#include <vector>

#include "shared/rules/table.h"

namespace vivier::rules {

// The values of the decision's fact column `column` that its rows can tell apart.
std::vector<Value> PointsOf(const Table& table, const Decision& decision, size_t column);

// The days on which the decision can begin to answer otherwise.
std::vector<int64_t> DaysOf(const Table& table, const Decision& decision);

}  // namespace vivier::rules
