// What holds of the tables that every service has (shared/storage/schema), as checks that
// `vivier verify` runs: answers, readings, operations and erasures against the log and the audit
// trail, rights and cursors against what other services keep. Functions without state, thread-safe.
#pragma once

#include <string>

#include "shared/service/service.h"

namespace vivier::relations {

void AddHouseRelations(rpc::Service& service);

// What the rows of a table of the house follow from, for `vivier verify relations`.
std::string HouseFrom(const std::string& table);

}  // namespace vivier::relations
