#include "shared/transport/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <openssl/rand.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/transport/channel.h"
#include "shared/transport/credentials.h"
#include "shared/transport/exchange_call.h"
#include "shared/transport/health.h"
#include "shared/transport/stream_call.h"
#include "shared/transport/unary_call.h"

namespace vivier::transport {
namespace {

// A request that exceeds every limit by less is refused by us, with a reason; a larger one by gRPC,
// without.
constexpr int kExcessBytes = 64 * 1024;
// What all callers may have sent that is not parsed. gRPC takes in the whole of a message before it
// looks at its size, so without a bound one caller could fill the memory; beyond it, gRPC breaks
// off calls (RESOURCE_EXHAUSTED).
constexpr size_t kReceivedBytesMax = 64 << 20;
constexpr char kHealthService[] = "grpc.health.v1.Health";
// Calls that one method can take from the wire before the polling thread takes one; more wait
// inside gRPC. Each is 2.5 KB, and a process has some two hundred methods.
constexpr int kArmedPerMethod = 4;
constexpr int kMetadataBytesMax = 16 * 1024;  // room for a token
constexpr absl::Duration kKeepaliveFloor = absl::Seconds(10);
constexpr absl::Duration kConnectionGrace = absl::Seconds(30);
constexpr absl::Duration kShutdownGrace = absl::Seconds(1);

using EndpointsByService =
    std::map<const google::protobuf::ServiceDescriptor*, std::vector<rpc::Endpoint>>;

std::string RandomKey() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1)
    std::abort();  // a guessable key would let anybody be one of us
  return absl::BytesToHexString({reinterpret_cast<const char*>(bytes), sizeof(bytes)});
}

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(duration), INT_MAX));
}

absl::Status CheckEndpoint(const rpc::Endpoint& endpoint) {
  if (endpoint.method == nullptr) return Internal("an endpoint without a method");
  const std::string& name = endpoint.method->full_name();
  const bool takes = endpoint.method->client_streaming(),
             gives = endpoint.method->server_streaming();
  if (takes && !gives) return Internal(name + ": streaming of requests alone is not supported");
  if (takes != static_cast<bool>(endpoint.each) ||
      (gives && !takes) != static_cast<bool>(endpoint.streaming) ||
      gives == static_cast<bool>(endpoint.unary)) {
    return Internal(name + ": the handler is not of the method's kind");
  }
  if (endpoint.request_bytes_max > rpc::kBulkRequestBytesMax)
    return Internal(name + ": the request limit is too high");
  return absl::OkStatus();
}

void SetLimits(grpc::ServerBuilder& builder, const ServerOptions& options, int request_bytes_max) {
  builder.SetMaxReceiveMessageSize(request_bytes_max + kExcessBytes);
  grpc::ResourceQuota quota("server");
  quota.Resize(kReceivedBytesMax);
  builder.SetResourceQuota(quota);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.streams_per_connection_max);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(kKeepaliveFloor));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(options.connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(kConnectionGrace));
}

std::string DialledAddress(const std::string& address, int port) {
  if (absl::StartsWith(address, "unix:")) return address;
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

}  // namespace

struct Server::Impl {
  explicit Impl(const ServerOptions& given)
      : options(given), traffic(given.calls_max, given.streams_max) {}

  absl::Status Build(EndpointsByService by_service, int request_bytes_max);
  void Serve();
  void Arm(const Lane& lane);

  const ServerOptions options;
  Traffic traffic;
  const std::string in_process_key = RandomKey();
  const std::shared_ptr<security::PeerCheck> peer_check = PeerCheckOf(options.tls);
  std::shared_ptr<Health> health;
  std::vector<std::unique_ptr<RawService>> services;
  std::vector<std::unique_ptr<PollingQueue>> queues;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::string address;
  int port = 0;
  std::once_flag drained;
  std::once_flag shut_down;
};

absl::Status Server::Impl::Build(EndpointsByService by_service, int request_bytes_max) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, ServerCredentialsOf(options.tls, peer_check), &port);
  SetLimits(builder, options, request_bytes_max);
  for (auto& [descriptor, endpoints] : by_service) {
    services.push_back(std::make_unique<RawService>(std::move(endpoints)));
    builder.RegisterService(services.back().get());
  }
  for (int i = 0; i < std::max(options.io_threads, 1); ++i)
    queues.push_back(std::make_unique<PollingQueue>(builder.AddCompletionQueue()));
  server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return Unavailable("cannot listen on " + options.address);
  address = DialledAddress(options.address, port);
  return absl::OkStatus();
}

void Server::Impl::Serve() {
  for (const auto& queue : queues) {
    for (const auto& service : services) {
      for (size_t i = 0; i < service->endpoints().size(); ++i) {
        const bool is_health =
            service->endpoints()[i].method->service()->full_name() == kHealthService;
        lanes.push_back(std::make_unique<Lane>(Lane{*service, static_cast<int>(i), *queue, traffic,
                                                    options.deadline, in_process_key,
                                                    peer_check.get(), is_health, options.share}));
        Arm(*lanes.back());
      }
    }
  }
  for (const auto& queue : queues) queue->Start();
}

void Server::Impl::Arm(const Lane& lane) {
  if (lane.endpoint().method->client_streaming()) return ExchangeCall::Arm(lane);
  if (lane.endpoint().method->server_streaming()) return StreamCall::Arm(lane);
  for (int n = 0; n < kArmedPerMethod; ++n) UnaryCall::Arm(lane);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      std::vector<rpc::Endpoint> endpoints) {
  PrepareLibrary();
  EndpointsByService by_service;
  int request_bytes_max = rpc::kRequestBytesMax;
  for (rpc::Endpoint& endpoint : endpoints) {
    RETURN_IF_ERROR(CheckEndpoint(endpoint));
    request_bytes_max = std::max(request_bytes_max, endpoint.request_bytes_max);
    by_service[endpoint.method->service()].push_back(std::move(endpoint));
  }
  std::vector<std::string> names;
  for (const auto& [descriptor, list] : by_service) names.push_back(descriptor->full_name());
  auto impl = std::make_unique<Impl>(options);
  impl->health = std::make_shared<Health>(names);
  for (rpc::Endpoint& endpoint : impl->health->Endpoints())
    by_service[endpoint.method->service()].push_back(endpoint);
  RETURN_IF_ERROR(impl->Build(std::move(by_service), request_bytes_max));
  impl->Serve();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Shutdown(); }

const std::string& Server::address() const { return impl_->address; }

int Server::port() const { return impl_->port; }

std::shared_ptr<rpc::Channel> Server::InProcessChannel() {
  return InProcess(*impl_->server, impl_->in_process_key);
}

void Server::Run(std::function<void()> task) { impl_->queues.front()->Run(std::move(task)); }

uint64_t Server::beats() const {
  uint64_t beats = 0;
  for (const auto& queue : impl_->queues) beats += queue->beats();
  return beats;
}

void Server::SetServing(bool serving) { impl_->health->SetServing(serving); }

bool Server::Drain(absl::Duration timeout) {
  std::call_once(impl_->drained, [this] {
    impl_->health->SetServing(false);
    absl::SleepFor(impl_->options.drain_notice);
    impl_->traffic.Drain();
    impl_->traffic.StopStreams(/*also_uncounted=*/false, Unavailable("the server is draining"));
  });
  return impl_->traffic.WaitIdle(timeout);
}

void Server::Shutdown() {
  std::call_once(impl_->shut_down, [this] {
    impl_->health->SetServing(false);
    impl_->traffic.Drain();
    impl_->traffic.StopStreams(/*also_uncounted=*/true, Unavailable("the server shuts down"));
    // After the grace gRPC cancels every call, and a cancelled call finishes itself.
    impl_->server->Shutdown(absl::ToChronoTime(absl::Now() + kShutdownGrace));
    impl_->traffic.WaitReleased();
    for (const auto& queue : impl_->queues) queue->Shutdown();
  });
}

}  // namespace vivier::transport
