#include "shared/rpc/metrics.h"

#include "prometheus/text_serializer.h"

namespace vivier::rpc::metrics {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

// Seconds, from a cached read to a refused deadline.
const Histogram::BucketBoundaries kSeconds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                              0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   5};
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

Counter& CacheReads(const std::string& cache, const char* result) {
  static auto& family = Counters("cache_reads_total", "Reads of a cache by their result");
  return family.Add({{"cache", cache}, {"result", result}});
}

Histogram& RpcDuration(const std::string& service, const std::string& method) {
  static auto& family = Histograms("rpc_duration_seconds", "From the arrival of a request to its answer");
  return family.Add({{"service", service}, {"method", method}}, kSeconds);
}

Histogram& BatchSize(const std::string& service) {
  static auto& family = Histograms("group_commit_batch_size", "Requests in one commit");
  return family.Add({{"service", service}}, kBatchSizes);
}

Histogram& CommitSeconds(const std::string& service) {
  static auto& family = Histograms("commit_duration_seconds", "COMMIT with its synchronisation to disk");
  return family.Add({{"service", service}}, kSeconds);
}

Gauge& QueueDepth(const std::string& service) {
  static auto& family = Gauges("writer_queue_depth", "Requests that wait for the writer");
  return family.Add({{"service", service}});
}

}  // namespace

const std::shared_ptr<prometheus::Registry>& Registry() {
  static const auto& registry = *new std::shared_ptr<prometheus::Registry>(std::make_shared<prometheus::Registry>());
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
  static auto& family = Counters("rpc_requests_total", "Answered requests by their status code");
  Counter& made = family.Add({{"service", service_}, {"method", method_}, {"code", kCodeNames[code]}});
  requests_[code].store(&made, std::memory_order_release);
  return made;
}

Writer::Writer(const std::string& service)
    : batch_size(BatchSize(service)), commit_seconds(CommitSeconds(service)), queue_depth(QueueDepth(service)) {}

Cache::Cache(const std::string& cache) : hits(CacheReads(cache, "hit")), misses(CacheReads(cache, "miss")) {}

Gauge& FollowerLag(const std::string& service, const std::string& source) {
  static auto& family = Gauges("follower_lag_events", "Events of the source that are not applied yet");
  return family.Add({{"service", service}, {"source", source}});
}

Counter& EventsParked(const std::string& service, const std::string& source) {
  static auto& family = Counters("events_parked_total", "Events set aside because their reaction failed");
  return family.Add({{"service", service}, {"source", source}});
}

Counter& ReadBudgetAlarms(const std::string& what) {
  static auto& family = Counters("read_budget_alarms_total", "Read budgets that were half spent, spent or exceeded");
  return family.Add({{"what", what}});
}

Counter& InvariantViolations(const std::string& service, const std::string& invariant) {
  static auto& family = Counters("invariant_violations_total", "Breaches of an invariant that were found");
  return family.Add({{"service", service}, {"invariant", invariant}});
}

}  // namespace vivier::rpc::metrics
