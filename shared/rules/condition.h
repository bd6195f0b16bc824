// One cell of a decision: reading it and asking whether a fact satisfies it. Pure functions;
// thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "shared/rules/lines.h"
#include "shared/rules/table.h"

namespace vivier::rules {

inline constexpr size_t kListMax = 100;  // members of `A, B`

// The condition that `cell` says of `fact`. Parameters of `table` may be bounds.
absl::StatusOr<Condition> ReadCondition(const Table& table, const Field& fact, const Cell& cell);

// A value of the field: one of its domain, where it has one.
absl::StatusOr<Value> ReadFieldValue(const Field& field, const Cell& cell);

// The parameter's value on that day; null where none is in force.
const Value* ValueOn(const Parameter& parameter, int64_t day);

// Whether `fact` satisfies it on `day`. A bound whose parameter is not in force is not satisfied.
bool Matches(const Table& table, const Condition& condition, const Value& fact, int64_t day);

// As the cell says it.
std::string ToString(const Table& table, const Condition& condition);
// All of the row's, the same for rows that ask the same.
std::string ConditionsText(const Table& table, const Row& row);

}  // namespace vivier::rules
