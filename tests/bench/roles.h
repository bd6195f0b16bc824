// What the benchmark's child processes are. Each prints "ready ADDRESS", a site a tab and its
// caller's token behind it, and serves until SIGTERM.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace vivier::bench {

// FOLDER BATCH_WORKS_MAX NEAR_BYTES_MAX: the enrolment service over that data, as `vivier serve
// enrolment` runs it, without followers and ticks.
absl::Status ServeSite(const std::vector<std::string>& words);

// ENROLMENT_ADDRESS TOKEN REDIS_ADDRESS: another service's process, which answers GetCohort with
// what Peers::Fetch gives it on a worker thread. Its near layer holds nothing, so every answer
// comes out of Redis once the owner was asked.
absl::Status ServePeer(const std::vector<std::string>& words);

}  // namespace vivier::bench
