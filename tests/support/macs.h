// For tests that write rows by SQL, as the program would never: makes what they wrote look like the
// program's.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/rows/schema.h"
#include "tests/support/world.h"

namespace vivier::testing {

// Gives each row of the school its MAC, and the head row the sums of its tables and its own, in one
// transaction of the connection, which none is open on.
absl::Status MakeMacs(storage::Connection& connection,
                      absl::Span<const storage::Schema* const> schemas, const std::string& school,
                      const security::SchoolKey& key);

// The same of a service of a stopped world, at its school.
void MakeMacs(World& world, const std::string& service);

}  // namespace vivier::testing
