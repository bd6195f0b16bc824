// The service: counts what the other services' events say into declared tables, computes indicators
// from them, sends them to parents and, at a parent, adds the members up. It lists its parts, each
// of which owns its tables, rules and rpcs. A part knows the parts below it only; from the top:
// series, registry, indicators, network, facts, cells. Stateless besides its parts, hence
// thread-safe.
#pragma once

#include "services/statistics/cells/cells.h"
#include "services/statistics/facts/learners.h"
#include "services/statistics/facts/seats.h"
#include "services/statistics/indicators/publisher.h"
#include "services/statistics/network/credentials.h"
#include "services/statistics/network/network.h"
#include "services/statistics/network/totals.h"
#include "services/statistics/registry/registry.h"
#include "services/statistics/series/series.h"
#include "shared/service/service.h"

namespace vivier::statistics {

class Statistics {
 public:
  Statistics();

  rpc::Service Rpc();

 private:
  Cells cells_;
  LearnerFacts learners_{cells_};
  SeatFacts seats_{cells_};
  MemberCredentials credentials_;
  Totals totals_;
  Network network_{cells_, credentials_, totals_};
  Registry registry_;
  Series series_;
  Publisher publisher_{cells_, network_, totals_};
};

}  // namespace vivier::statistics
