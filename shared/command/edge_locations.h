// What the edge passes to which service, written from the descriptors. Functions without state,
// thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "shared/command/commands.h"

namespace vivier::command {

// The text of deploy/edge/locations.conf: a place for each package and each bulk rpc.
absl::StatusOr<std::string> EdgeLocationsOf(const Modules& modules);

// edge-locations: prints it.
absl::StatusOr<int> EdgeLocations(const Line& line, Modules modules);

}  // namespace vivier::command
