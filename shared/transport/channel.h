// rpc::Channel over gRPC: round robin over the addresses of the target, retries of UNAVAILABLE with
// throttling (our writes carry a request_id, so a retry is safe), keepalive, no proxy. Each channel
// has connections of its own. Connect needs no gRPC header; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/service/channel.h"
#include "shared/transport/tls.h"

namespace grpc {
class Server;
}

namespace vivier::transport {

struct ChannelOptions {
  std::string target;      // HOST:PORT, dns:///NAME:PORT or unix:PATH
  std::optional<Tls> tls;  // plain text without
  bool retry = true;
  bool holds_back = true;  // while it is told OVERLOADED; false for one that plays a flood
};

// Connects at the first call.
std::shared_ptr<rpc::Channel> Connect(const ChannelOptions& options);

// Whether a new connection is accepted and answered within `timeout`, in words when it is not.
absl::Status TryConnect(const ChannelOptions& options, absl::Duration timeout);

// A channel inside the process, which shows the server's `key`; it must not outlive `server`.
std::shared_ptr<rpc::Channel> InProcess(grpc::Server& server, const std::string& key);

}  // namespace vivier::transport
