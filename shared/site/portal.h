// The gateway of a site (shared/web): where each rpc that outsiders may ask is served, and the
// process `portal` that runs nothing else. It has no data of its own. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "shared/security/caller.h"
#include "shared/service/channel.h"
#include "shared/site/tokens.h"
#include "shared/transport/metrics_endpoint.h"
#include "shared/transport/server.h"
#include "shared/web/gateway.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::site {

// A service of the site as its gateway sees it.
struct Reachable {
  std::string name;
  bool has_operations = false;
  std::shared_ptr<rpc::Channel> channel;
};

// By what people come in with a browser.
struct Entrance {
  std::string data;  // the folder with keys/web.key, in development
  // "Bearer …" of a development token; null outside development.
  std::function<absl::StatusOr<std::string>(const security::Caller&)> token;
  std::function<absl::Time()> now = absl::Now;
};

// Serves `web.listen_address` with the rpcs of these services, as the edge lists them
// (deploy/edge/locations.conf), and, where people can sign in, the portal's pages.
absl::StatusOr<std::unique_ptr<web::Gateway>> StartGateway(const config::v1::Config& config,
                                                           const std::vector<Reachable>& services,
                                                           const Entrance& entrance);

// The process: the gateway before the services that are its peers, with health and metrics.
class Portal {
 public:
  // `has_operations` says of a service whether it has some.
  static absl::StatusOr<std::unique_ptr<Portal>> Start(
      const config::v1::Config& config, const std::string& data,
      const std::function<bool(const std::string& service)>& has_operations);

  const std::string& address() const { return gateway_->address(); }
  void Stop();

 private:
  std::unique_ptr<Tokens> tokens_;             // null outside development
  std::unique_ptr<transport::Server> health_;  // null unless it has an address
  std::unique_ptr<transport::MetricsEndpoint> metrics_;
  std::unique_ptr<web::Gateway> gateway_;
};

}  // namespace vivier::site
