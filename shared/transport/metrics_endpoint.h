// GET /metrics over HTTP for Prometheus, served by prometheus-cpp's own threads. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace vivier::transport {

class MetricsEndpoint {
 public:
  // `address` is HOST:PORT, port 0 for any free one; what `looked_at` gives at each scrape is added
  // to the registry. UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      const std::string& address, std::shared_ptr<prometheus::Collectable> looked_at = nullptr);
  ~MetricsEndpoint();

  int port() const;

 private:
  MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer,
                  std::shared_ptr<prometheus::Collectable> looked_at);
  const std::shared_ptr<prometheus::Collectable> looked_at_;  // the exposer holds it weakly
  const std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace vivier::transport
