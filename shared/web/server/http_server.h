// HTTP/1.1 in plain text on libmicrohttpd: a few threads poll all connections, and a request that
// waits for its answer holds none (its connection is suspended). Each bound of limits.h that is one
// of connections or of time is kept here. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/web/server/http.h"
#include "shared/web/server/limits.h"

namespace vivier::web {

struct HttpServerOptions {
  std::string address;  // HOST:PORT, port 0 for any free one, or unix:PATH
  int threads = 2;
  int connections_max = kConnectionsMax;
  int connections_spare = kConnectionsSpare;
  size_t bodies_bytes_max = kBodiesBytesMax;
  // Tests have no time for the real ones.
  absl::Duration head_time = kHeadTime;
  absl::Duration body_time = kBodyTime;
  absl::Duration idle_time = kIdleTime;
  absl::Duration answer_time = kAnswerTime;
  absl::Duration stream_time = kStreamTime;
  absl::Duration sweep_every = absl::Seconds(1);
};

class HttpServer {
 public:
  // UNAVAILABLE when the address cannot be bound. `handler` outlives the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                           HttpHandler& handler);
  ~HttpServer();

  // The address with its actual port.
  const std::string& address() const;
  int connections() const;

  // Takes no more connections, waits for the answers that are under way, and ends all connections;
  // after `patience` those that still wait hear of Overloaded. Idempotent.
  void Stop(absl::Duration patience = absl::Seconds(5));

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vivier::web
