// The gRPC server of a process: endpoints that take and give bytes, served by one asynchronous
// completion queue per polling thread, with health, limits and an orderly end. No gRPC header is
// included here. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/rpc/endpoint.h"
#include "shared/service/channel.h"
#include "shared/transport/tls.h"

namespace vivier::transport {

struct ServerOptions {
  std::string address = "127.0.0.1:0";  // HOST:PORT, port 0 for any free one, or unix:PATH
  int io_threads = 1;                   // polling threads, each with its own queue
  std::optional<Tls> tls;               // mutual TLS; plain text without
  int calls_max = 16384;   // unary calls in flight; above, RESOURCE_EXHAUSTED with a RetryInfo
  int streams_max = 1024;  // open streams, health watches aside
  int streams_per_connection_max = 1024;       // HTTP/2 streams, unary calls included
  absl::Duration deadline = absl::Seconds(5);  // of a call whose client gave none
  absl::Duration connection_age =
      absl::Seconds(30);  // then clients look again who serves, and reconnect
  // Whose turn a caller's calls take where several wait, as far as that is known without
  // work; nullopt for whoever is not known: those of one address share a turn.
  std::function<std::optional<std::string>(const rpc::Peer& peer)> share;
  absl::Duration drain_notice =
      absl::ZeroDuration();  // served after NOT_SERVING, for balancers to notice
};

class Server {
 public:
  // Serves from the moment it returns. Fails on an endpoint without the handler of its method's
  // kind, and with UNAVAILABLE when the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       std::vector<rpc::Endpoint> endpoints);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What a client dials: the address with its actual port.
  const std::string& address() const;
  int port() const;  // 1 for a unix socket

  // A channel that reaches this server without a network; it must not outlive the server.
  std::shared_ptr<rpc::Channel> InProcessChannel();

  // Runs the task soon on a thread that polls, which answers calls at less cost than others; not
  // after Shutdown.
  void Run(std::function<void()> task);

  // How often the threads that poll came round. Stands still only while all are stuck, or have
  // nothing to do: Run something, then look again.
  uint64_t beats() const;

  void SetServing(bool serving);  // what the health service says

  // Says NOT_SERVING, refuses new calls with UNAVAILABLE, ends the streams, and waits for the calls
  // in flight. True when none is left, false when `timeout` passed first.
  bool Drain(absl::Duration timeout = absl::Seconds(25));
  // Drains no longer than is needed to close down: what is still in flight is cancelled.
  // Idempotent, and the destructor's last resort.
  void Shutdown();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vivier::transport
