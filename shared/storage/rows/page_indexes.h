// The index from which the pages of a list are read: the school, the parent where it is no school,
// the field, then the name. Functions without state.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

// The column with the name of the parent (listed_below), null where there is none, or where
// `parent` is given and stands further up.
const Schema::Column* ParentColumn(const Schema& schema, absl::string_view parent = "");

// A sentence for each filterable field without such an index; a unique one may end before the name.
// Needs a transaction on `connection`.
absl::StatusOr<std::vector<std::string>> UnservedFields(Connection& connection,
                                                        const Schema& schema);

}  // namespace vivier::storage
