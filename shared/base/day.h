// A day as a number, for rows that are counted by day.
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace vivier {

// Whole days since 1970, UTC. Of a time after that.
inline int64_t DayOf(absl::Time time) { return absl::ToInt64Hours(time - absl::UnixEpoch()) / 24; }

}  // namespace vivier
