#include "shared/rpc/metrics.h"

#include "prometheus/text_serializer.h"

namespace vivier::rpc::metrics {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

// Seconds, from a cached read to a refused deadline.
const Histogram::BucketBoundaries kSeconds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                              0.005,   0.01,   0.025,   0.05,   0.1,   0.25,
                                              0.5,     1,      2.5,     5};
const Histogram::BucketBoundaries kBatchSizes = {1, 2, 4, 8, 16, 32, 64, 128, 256};

// The names of google.rpc.Code by number.
constexpr const char* kCodeNames[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
constexpr size_t kUnknown = 2;

Family<Counter>& Counters(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*Registry());
}

Family<Gauge>& Gauges(const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*Registry());
}

Family<Histogram>& Histograms(const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*Registry());
}

Histogram& RpcDuration(const std::string& service, const std::string& method) {
  static auto& family =
      Histograms("vivier_rpc_duration_seconds", "From the arrival of a request to its answer");
  return family.Add({{"service", service}, {"method", method}}, kSeconds);
}

Histogram& BatchSize(const std::string& service) {
  static auto& family = Histograms("vivier_group_commit_batch_size", "Requests in one commit");
  return family.Add({{"service", service}}, kBatchSizes);
}

Histogram& HeldSeconds(const std::string& service) {
  static auto& family = Histograms("vivier_writer_held_duration_seconds",
                                   "How long one batch had the writer, its commit included");
  return family.Add({{"service", service}}, kSeconds);
}

Histogram& CommitSeconds(const std::string& service) {
  static auto& family =
      Histograms("vivier_commit_duration_seconds", "COMMIT with its synchronisation to disk");
  return family.Add({{"service", service}}, kSeconds);
}

}  // namespace

const std::shared_ptr<prometheus::Registry>& Registry() {
  static const auto& registry =
      *new std::shared_ptr<prometheus::Registry>(std::make_shared<prometheus::Registry>());
  return registry;
}

std::string Text() { return prometheus::TextSerializer().Serialize(Registry()->Collect()); }

Rpc::Rpc(const std::string& service, const std::string& method)
    : service_(service), method_(method), duration_(RpcDuration(service, method)) {}

void Rpc::Record(absl::StatusCode code, absl::Duration took) {
  const auto number = static_cast<size_t>(code);
  CounterOf(number < kCodes ? number : kUnknown).Increment();
  duration_.Observe(absl::ToDoubleSeconds(took));
}

Counter& Rpc::CounterOf(size_t code) {
  if (Counter* known = requests_[code].load(std::memory_order_acquire)) return *known;
  static auto& family =
      Counters("vivier_rpc_requests_total", "Answered requests by their status code");
  Counter& made =
      family.Add({{"service", service_}, {"method", method_}, {"code", kCodeNames[code]}});
  requests_[code].store(&made, std::memory_order_release);
  return made;
}

Writer::Writer(const std::string& service)
    : batch_size(BatchSize(service)),
      held_seconds(HeldSeconds(service)),
      commit_seconds(CommitSeconds(service)) {}

Counter& Refusals(const std::string& cause) {
  static auto& family = []() -> Family<Counter>& {
    auto& made = Counters("vivier_refusals_total", "Calls refused for load, deadline or budget");
    for (const char* known : {"calls", "streams", "writer", "workers", "DEADLINE_PASSED"})
      made.Add({{"cause", known}});
    return made;
  }();
  return family.Add({{"cause", cause}});
}

Counter& ReadBudgetAlarms(const std::string& what) {
  static auto& family = []() -> Family<Counter>& {
    auto& made = Counters("vivier_read_budget_alarms_total",
                          "Read budgets that were half spent, spent or exceeded");
    for (const char* known : {"half spent", "spent", "exceeded with a reason"})
      made.Add({{"what", known}});
    return made;
  }();
  return family.Add({{"what", what}});
}

Gauge& InvariantViolations(const std::string& service, const std::string& school,
                           const std::string& invariant) {
  static auto& family = Gauges("vivier_invariant_violations",
                               "Rows that broke an invariant when it was last evaluated");
  return family.Add({{"service", service}, {"school", school}, {"invariant", invariant}});
}

}  // namespace vivier::rpc::metrics
