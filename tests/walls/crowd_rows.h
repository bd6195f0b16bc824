// Many rows of every kind that the lowest roles may list, put by SQL into the stopped databases of
// a school: copies of a row that the public rpcs made, spread over what the lists are asked by. No
// event tells of them, so what follows from events does not know them, and `vivier verify` would
// complain. Functions without state.
#pragma once

#include <cstdint>

#include "shared/security/school_key.h"
#include "tests/journey/school_data.h"

namespace vivier::testing {

// Puts some `total` rows over all services and tells how many it was.
int64_t PutCrowd(const SchoolData& databases, const security::SchoolKey& key, int64_t total);

}  // namespace vivier::testing
