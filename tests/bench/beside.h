// What single writes wait longer while a batch of a thousand is done beside them. A turn without
// and a turn with a batch follow each other, so that whatever else the machine does meets both.
// Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/load.h"
#include "tests/bench/report.h"

namespace vivier::bench {

// Applications that so many rounds admit at the most, of which the fixture has 24 a cohort.
inline constexpr int kBesideCohortsPerRound = 170;

// Adds the figures of `engine` to the report: write_alone_p50_us, write_beside_batch_p99_us and
// their like.
absl::Status MeasureBeside(const Target& target, const std::string& engine, int rounds,
                           Report& report);

}  // namespace vivier::bench
