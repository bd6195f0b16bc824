// What a site does when more is asked than it can do: an open loop, whose calls come when they
// come, whether earlier ones are answered or not, as they do from a nation on the first day of an
// application period. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/load.h"
#include "tests/bench/report.h"

namespace vivier::bench {

// One who asks five times the peak while others ask half of it.
struct Flood {
  std::string who;
  Load load;
};

struct Overload {
  std::string name;     // of the figures: goodput_2x_NAME and so on
  Load load;            // its callers measure the peak
  pid_t server;         // whose memory is looked at
  absl::Duration time;  // of each turn
  std::vector<Flood> floods;
};

// Measures the peak of a closed loop, then twice and five times as much in an open one, each
// followed by half of it, which shows how soon the site is itself again; then half of it during
// each flood.
absl::Status MeasureOverload(const Overload& overload, Report& report);

}  // namespace vivier::bench
