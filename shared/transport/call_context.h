// What calls of every kind have in common: where they are armed, and what the wire says about the
// peer.
#pragma once

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/rpc/endpoint.h"
#include "shared/security/certificate.h"
#include "shared/transport/polling_queue.h"
#include "shared/transport/traffic.h"

namespace vivier::transport {

// Whose turn a caller's calls take where several wait, as far as that is known without work;
// nullopt for whoever is not known.
using KnownShare = std::function<std::optional<std::string>(const rpc::Peer& peer)>;

// Registers a service's methods from their descriptors, as methods that take and give bytes: what
// generated code does, without generated code. Immutable after construction.
class RawService : public grpc::Service {
 public:
  // All endpoints belong to one service.
  explicit RawService(std::vector<rpc::Endpoint> endpoints);

  const std::vector<rpc::Endpoint>& endpoints() const { return endpoints_; }

  using grpc::Service::RequestAsyncBidiStreaming;
  using grpc::Service::RequestAsyncServerStreaming;
  using grpc::Service::RequestAsyncUnary;

 private:
  const std::vector<rpc::Endpoint> endpoints_;
  std::deque<std::string> paths_;  // gRPC keeps pointers into these
};

// One method on one completion queue. Lives as long as the server.
struct Lane {
  RawService& service;
  int index;  // of the method in its service
  PollingQueue& polling;
  Traffic& traffic;
  absl::Duration deadline;  // of a call whose client gave none
  const std::string& in_process_key;
  security::PeerCheck* peer_check;  // null without TLS
  bool health;                      // health checks pass every limit and the drain
  const KnownShare& share;

  grpc::ServerCompletionQueue& queue() const { return polling.queue(); }
  const rpc::Endpoint& endpoint() const { return service.endpoints()[static_cast<size_t>(index)]; }
};

// The metadata by which a caller inside the process proves that it is one: the server's key, drawn
// at its start. gRPC itself says nothing about such a caller.
inline constexpr char kInProcessKey[] = "vivier-in-process";

rpc::Peer PeerOf(const grpc::ServerContext& context, const Lane& lane);

// Whose turn the call takes: the caller's who is known already, else that of all who come from its
// address. "" for a call from inside the process, which is our own.
std::string ShareOf(const grpc::ServerContext& context, const rpc::Peer& peer, const Lane& lane);

// The client's deadline; now + `otherwise` when it gave none.
absl::Time DeadlineOf(const grpc::ServerContext& context, absl::Duration otherwise);

// The request in one piece, or RESOURCE_EXHAUSTED when it is above the endpoint's limit.
absl::StatusOr<absl::string_view> RequestOf(const rpc::Endpoint& endpoint, grpc::ByteBuffer& buffer,
                                            grpc::Slice& slice);

}  // namespace vivier::transport
