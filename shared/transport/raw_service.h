// Registers a service's methods from their descriptors, as methods that take and give bytes: what
// generated code does, without generated code. Immutable after construction.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <deque>
#include <string>
#include <vector>

#include "shared/rpc/endpoint.h"

namespace vivier::transport {

class RawService : public grpc::Service {
 public:
  // All endpoints belong to one service.
  explicit RawService(std::vector<rpc::Endpoint> endpoints);

  const std::vector<rpc::Endpoint>& endpoints() const { return endpoints_; }

  using grpc::Service::RequestAsyncServerStreaming;
  using grpc::Service::RequestAsyncUnary;

 private:
  const std::vector<rpc::Endpoint> endpoints_;
  std::deque<std::string> paths_;  // gRPC keeps pointers into these
};

}  // namespace vivier::transport
