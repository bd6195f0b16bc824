// What the process counts, for Prometheus. A holder looks its children up once, when it is made,
// and keeps them; recording is then an atomic addition or a short lock, under a microsecond.
// Everything is thread-safe. Labels are names of services, methods and reasons: bounded in number
// and never personal data.
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

// vivier_rpc_requests_total{service,method,code} and vivier_rpc_duration_seconds{service,method} of
// one method.
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
  std::array<std::atomic<prometheus::Counter*>, kCodes>
      requests_{};  // made at first use: few codes ever occur
};

// What one writer does.
struct Writer {
  explicit Writer(const std::string& service);
  prometheus::Histogram& batch_size;  // vivier_group_commit_batch_size{service}
  prometheus::Histogram&
      held_seconds;  // vivier_writer_held_duration_seconds{service}, by one batch
  prometheus::Histogram& commit_seconds;  // vivier_commit_duration_seconds{service}, with its fsync
};

// vivier_refusals_total{cause}: calls that were not done for load, for their deadline or for a
// budget. The cause is the queue that was full, or the reason of the refusal.
prometheus::Counter& Refusals(const std::string& cause);

// vivier_read_budget_alarms_total{what}: "half spent", "spent", "exceeded with a reason". All three
// are there from the start, since Prometheus takes a counter that begins at one for one that did
// not change.
prometheus::Counter& ReadBudgetAlarms(const std::string& what);

// vivier_invariant_violations{service,school,invariant}: rows that broke it when it was last
// evaluated.
prometheus::Gauge& InvariantViolations(const std::string& service, const std::string& school,
                                       const std::string& invariant);

}  // namespace vivier::rpc::metrics
