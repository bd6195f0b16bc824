// What the disk and the engine did beside the load: the cost of an fsync, and how the writer cut
// its batches.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/load.h"

namespace vivier::bench {

// Microseconds of each of `count` synchronisations of a page that was overwritten, in a file of
// that folder.
absl::StatusOr<std::vector<double>> SyncMicroseconds(const std::string& folder, int count);

// The sizes of the batches that were committed within those outcomes, read from the data at rest:
// the works of one batch share their time in the audit trail.
absl::StatusOr<std::vector<double>> BatchSizes(const std::string& folder,
                                               const std::vector<Outcome>& outcomes);

// PRAGMA synchronous of a writer's connection to that data: 2 is FULL.
absl::StatusOr<double> Synchronous(const std::string& folder);

}  // namespace vivier::bench
