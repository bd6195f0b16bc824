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
// transaction of the connection, which none is open on. Runs `change` in it before.
absl::Status MakeMacs(storage::Connection& connection,
                      absl::Span<const storage::Schema* const> schemas, const std::string& school,
                      const security::SchoolKey& key, const std::string& change = "");

// The same of a service's database at the school nancy, whose keys are in the folder `data`.
void MakeMacs(const std::string& url, const std::string& service, const std::string& data,
              const std::string& change = "");
// The same of a stopped world.
void MakeMacs(World& world, const std::string& service);

}  // namespace vivier::testing
