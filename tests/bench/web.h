// The gateway beside the rpc itself: the same reads of the same site, over gRPC and over HTTP, in
// turns of one run; what a call takes of the processor, of the site's and of the gateway's; and
// what 2,000 idle connections take of its memory.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/load.h"
#include "tests/bench/report.h"

namespace vivier::bench {

// The role of a process: a gateway before the services of a site at ADDRESS.
absl::Status ServePortal(const std::vector<std::string>& words);

struct WebRun {
  const Target* direct = nullptr;  // the site
  std::string portal;              // the gateway's address
  pid_t portal_process = 0;
  std::function<std::optional<std::string>()> requests;  // of GetCohort
  int rounds = 0;
  absl::Duration turn;
};

absl::Status MeasureWeb(const WebRun& run, Report& report);

}  // namespace vivier::bench
