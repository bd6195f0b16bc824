// A channel that asks by HTTP: unary calls in Connect's binary form, each on a connection that is
// free, so that the load of load.h meets the gateway as it meets a server of gRPC. Errors come back
// as their code alone. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/service/channel.h"

namespace vivier::bench {

// HOST:PORT on the loopback, with as many connections. UNAVAILABLE where they are not accepted.
absl::StatusOr<std::shared_ptr<rpc::Channel>> DialHttp(const std::string& address, int connections);

}  // namespace vivier::bench
