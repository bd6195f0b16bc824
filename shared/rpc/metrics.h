// What the process counts, for Prometheus. A holder looks its children up once, when it is made, and keeps them;
// recording is then an atomic addition or a short lock, under a microsecond. Everything is thread-safe. Labels are
// names of services, methods and reasons: bounded in number and never personal data.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace vivier::rpc::metrics {

// The one registry of the process; it lives as long as the process.
const std::shared_ptr<prometheus::Registry>& Registry();

// The registry in Prometheus' text format.
std::string Text();

// rpc_requests_total{service,method,code} and rpc_duration_seconds{service,method} of one method.
class Rpc {
 public:
  Rpc(const std::string& service, const std::string& method);
  void Record(absl::StatusCode code, absl::Duration took);

 private:
  static constexpr size_t kCodes = 17;  // OK to UNAUTHENTICATED
  prometheus::Counter& CounterOf(size_t code);

  const std::string service_;
  const std::string method_;
  prometheus::Histogram& duration_;
  std::array<std::atomic<prometheus::Counter*>, kCodes> requests_{};  // made at first use: few codes ever occur
};

// What one writer does.
struct Writer {
  explicit Writer(const std::string& service);
  prometheus::Histogram& batch_size;      // group_commit_batch_size{service}
  prometheus::Histogram& commit_seconds;  // commit_duration_seconds{service}, with its fsync
  prometheus::Gauge& queue_depth;         // writer_queue_depth{service}
};

// What one cache answers.
struct Cache {
  explicit Cache(const std::string& cache);
  prometheus::Counter& hits;    // cache_reads_total{cache,result="hit"}
  prometheus::Counter& misses;  // cache_reads_total{cache,result="miss"}
};

// follower_lag_events{service,source}: events of `source` that `service` has not applied yet.
prometheus::Gauge& FollowerLag(const std::string& service, const std::string& source);

// events_parked_total{service,source}: events set aside because their reaction failed.
prometheus::Counter& EventsParked(const std::string& service, const std::string& source);

// read_budget_alarms_total{what}: "half spent", "spent", "exceeded with a reason".
prometheus::Counter& ReadBudgetAlarms(const std::string& what);

// invariant_violations_total{service,invariant}
prometheus::Counter& InvariantViolations(const std::string& service, const std::string& invariant);

}  // namespace vivier::rpc::metrics
