#include "shared/web/server/metrics.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"
#include "shared/rpc/metrics.h"

namespace vivier::web::metrics {
namespace {

// Seconds, from an answer out of a cache to a refused deadline.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};

prometheus::Gauge& GaugeOf(const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*rpc::metrics::Registry()).Add({});
}

constexpr size_t kCodes = 17;  // OK to UNAUTHENTICATED

// What is counted of one form, looked up once.
struct OfForm {
  explicit OfForm(std::string form_name) : name(std::move(form_name)), seconds(SecondsOf(name)) {}

  static prometheus::Histogram& SecondsOf(const std::string& form) {
    static auto& family = prometheus::BuildHistogram()
                              .Name("vivier_web_duration_seconds")
                              .Help("From a whole request to its answer")
                              .Register(*rpc::metrics::Registry());
    return family.Add({{"form", form}}, kSeconds);
  }
  prometheus::Counter& Requests(size_t code) {
    if (prometheus::Counter* known = requests[code].load(std::memory_order_acquire)) return *known;
    static auto& family = prometheus::BuildCounter()
                              .Name("vivier_web_requests_total")
                              .Help("Calls that came over HTTP, by their form and code")
                              .Register(*rpc::metrics::Registry());
    prometheus::Counter& made = family.Add(
        {{"form", name}, {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
    requests[code].store(&made, std::memory_order_release);
    return made;
  }

  const std::string name;
  prometheus::Histogram& seconds;
  std::array<std::atomic<prometheus::Counter*>, kCodes> requests{};
};

OfForm& Find(const std::string& form) {
  static std::mutex& mutex = *new std::mutex;
  static auto& forms = *new absl::flat_hash_map<std::string, std::unique_ptr<OfForm>>;
  const std::lock_guard lock(mutex);
  std::unique_ptr<OfForm>& found = forms[form];
  if (found == nullptr) found = std::make_unique<OfForm>(form);
  return *found;
}

}  // namespace

void Record(const std::string& form, absl::StatusCode code, absl::Duration took) {
  OfForm& counted = Find(form);
  const auto number = static_cast<size_t>(code);
  counted.Requests(number < kCodes ? number : static_cast<size_t>(absl::StatusCode::kUnknown))
      .Increment();
  counted.seconds.Observe(absl::ToDoubleSeconds(took));
}

prometheus::Gauge& Connections() {
  static auto& gauge = GaugeOf("vivier_web_connections", "Connections of HTTP that are open");
  return gauge;
}

prometheus::Gauge& Calls() {
  static auto& gauge = GaugeOf("vivier_web_calls", "Calls that came over HTTP and are in flight");
  return gauge;
}

}  // namespace vivier::web::metrics
