#include "shared/transport/metrics_endpoint.h"

#include <exception>
#include <utility>

#include "prometheus/exposer.h"
#include "shared/base/error.h"
#include "shared/rpc/metrics.h"

namespace vivier::transport {

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& address, std::shared_ptr<prometheus::Collectable> looked_at) {
  try {  // the library tells a failed bind by an exception
    auto exposer = std::make_unique<prometheus::Exposer>(address, /*num_threads=*/2);
    exposer->RegisterCollectable(rpc::metrics::Registry());
    if (looked_at != nullptr) exposer->RegisterCollectable(looked_at);
    return std::unique_ptr<MetricsEndpoint>(
        new MetricsEndpoint(std::move(exposer), std::move(looked_at)));
  } catch (const std::exception&) {
    return Unavailable("cannot serve metrics on " + address);
  }
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer,
                                 std::shared_ptr<prometheus::Collectable> looked_at)
    : looked_at_(std::move(looked_at)), exposer_(std::move(exposer)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

int MetricsEndpoint::port() const { return exposer_->GetListeningPorts().front(); }

}  // namespace vivier::transport
