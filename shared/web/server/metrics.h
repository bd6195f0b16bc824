// What the gateway counts, in the process's registry (shared/rpc/metrics.h). Thread-safe. Labels
// are names of forms and codes, bounded in number.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "prometheus/gauge.h"

namespace vivier::web::metrics {

// vivier_web_requests_total{form,code} and vivier_web_duration_seconds{form}: calls of an rpc, from
// their whole request to their answer. `code` is gRPC's name.
void Record(const std::string& form, absl::StatusCode code, absl::Duration took);

// vivier_web_connections and vivier_web_calls: open now, in flight now.
prometheus::Gauge& Connections();
prometheus::Gauge& Calls();

}  // namespace vivier::web::metrics
