// AIP-160 filters, the part that a keyset page can serve: comparisons (= != < <= > >=) of declared
// fields with literals, joined by AND, OR and parentheses; AND binds less tightly than OR, as the
// AIP says.
//
//   state = "OPEN" AND (capacity >= 12 OR start_date > "2026-09-01")
//
// Declared are the name and a table's scalar fields without personal data. Timestamps compare with
// RFC 3339 texts, enums with the names of their values.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

// An SQL condition whose parameters are numbered from `first_parameter`; INVALID_ARGUMENT on field
// "filter" with the place of what is wrong.
struct FilterCondition {
  std::string sql;
  std::vector<Value> parameters;
};
absl::StatusOr<FilterCondition> ParseFilter(const Schema& schema, absl::string_view filter,
                                            int first_parameter);

// `filter` narrowed to rows whose `field` is one of `values`, to none where there are none. The
// filter must parse by itself: AND binds last, so it cannot undo what narrows it.
std::string NarrowedTo(absl::string_view field, const std::vector<std::string>& values,
                       absl::string_view filter);

}  // namespace vivier::storage
