#include "shared/transport/raw_service.h"

#include <grpcpp/impl/rpc_service_method.h>

#include <utility>

#include "shared/service/channel.h"

namespace vivier::transport {

RawService::RawService(std::vector<rpc::Endpoint> endpoints) : endpoints_(std::move(endpoints)) {
  using grpc::internal::RpcMethod;
  int index = 0;
  for (const rpc::Endpoint& endpoint : endpoints_) {
    paths_.push_back(rpc::PathOf(*endpoint.method));
    const auto type =
        endpoint.method->server_streaming() ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
    AddMethod(new grpc::internal::RpcServiceMethod(paths_.back().c_str(), type, nullptr));
    MarkMethodRaw(index++);
  }
}

}  // namespace vivier::transport
