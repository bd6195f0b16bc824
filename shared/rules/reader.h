// Reads a rule table (its form stands in table.h) from text that anybody may have written: bounded
// by the limits here and in lines.h, and total: a table, or the first error with line and column.
// Pure; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/rules/table.h"

namespace vivier::rules {

inline constexpr size_t kFieldsMax = 64;  // facts, answers and parameters, each
inline constexpr size_t kDecisionsMax = 32;
inline constexpr size_t kRowsMax = 1000;     // of one section
inline constexpr size_t kNameBytesMax = 60;  // of facts, answers, parameters and decisions

absl::StatusOr<Table> ReadTable(absl::string_view text);

}  // namespace vivier::rules
