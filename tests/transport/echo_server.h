// A server whose methods do one thing each, for tests of what lies between a client and a handler.
// Thread-safe where gRPC's threads use it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "shared/transport/channel.h"
#include "shared/transport/server.h"

namespace vivier::transport {

inline constexpr char kEcho[] = "/vivier.test.Echo/Echo";
inline constexpr char kRefuse[] = "/vivier.test.Echo/Refuse";
inline constexpr char kSpin[] = "/vivier.test.Echo/Spin";
inline constexpr char kHold[] = "/vivier.test.Echo/Hold";
inline constexpr char kBulk[] = "/vivier.test.Echo/Bulk";
inline constexpr char kDrop[] = "/vivier.test.Echo/Drop";
inline constexpr char kCount[] = "/vivier.test.Echo/Count";
inline constexpr char kFlood[] = "/vivier.test.Echo/Flood";
inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
inline constexpr char kHealthWatch[] = "/grpc.health.v1.Health/Watch";
inline constexpr char kExchange[] = "/vivier.test.Echo/Exchange";

inline std::shared_ptr<const std::string> Bytes(absl::string_view text) {
  return std::make_shared<const std::string>(text);
}

// The descriptor of a service that only tests have.
inline const google::protobuf::ServiceDescriptor& EchoService() {
  static const google::protobuf::ServiceDescriptor& service = *[] {
    google::protobuf::FileDescriptorProto file;
    file.set_name("vivier/test/echo.proto");
    file.set_package("vivier.test");
    file.add_message_type()->set_name("Payload");
    auto* echo = file.add_service();
    echo->set_name("Echo");
    for (const char* name :
         {"Echo", "Refuse", "Spin", "Hold", "Bulk", "Drop", "Count", "Flood", "Exchange"}) {
      auto* method = echo->add_method();
      method->set_name(name);
      method->set_input_type(".vivier.test.Payload");
      method->set_output_type(".vivier.test.Payload");
      const bool exchanges = name == std::string("Exchange");
      method->set_server_streaming(exchanges || name == std::string("Count") ||
                                   name == std::string("Flood"));
      method->set_client_streaming(exchanges);
    }
    auto* pool = new google::protobuf::DescriptorPool;
    return pool->BuildFile(file)->service(0);
  }();
  return service;
}

// A server whose methods do one thing each. Held calls are answered by the test.
class Fixture {
 public:
  explicit Fixture(ServerOptions options = {}) {
    auto started = Server::Start(options, Endpoints());
    EXPECT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
  }
  ~Fixture() {
    server.reset();
    held.clear();
  }

  std::vector<rpc::Endpoint> Endpoints() {
    std::vector<rpc::Endpoint> endpoints;
    Add(endpoints, "Echo",
        [this](absl::string_view request, const rpc::Peer& peer, auto responder) {
          ++handled;
          {
            const std::lock_guard<std::mutex> lock(mutex);
            last_peer = peer;
            last_deadline = responder->deadline();
          }
          responder->Answer(Bytes(request));
        });
    Add(endpoints, "Spin", [](absl::string_view, const rpc::Peer&, auto responder) {
      const absl::Time end = absl::Now() + absl::Milliseconds(2);
      while (absl::Now() < end) continue;
      responder->Answer(Bytes(""));
    });
    Add(endpoints, "Refuse", [this](absl::string_view, const rpc::Peer&, auto responder) {
      responder->Refuse(refusal);
    });
    Add(endpoints, "Hold", [this](absl::string_view, const rpc::Peer&, auto responder) {
      const std::lock_guard<std::mutex> lock(mutex);
      held.push_back(responder);
      holding.Notify();
    });
    Add(endpoints, "Bulk", [](absl::string_view request, const rpc::Peer&, auto responder) {
      responder->Answer(Bytes(absl::StrCat(request.size())));
    });
    endpoints.back().request_bytes_max = rpc::kBulkRequestBytesMax;
    Add(endpoints, "Drop", [](absl::string_view, const rpc::Peer&, auto) {});
    AddStream(endpoints, "Count", [](absl::string_view request, auto stream) {
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(stream->Write(Bytes(absl::StrCat(request, i))));
      stream->Close(absl::OkStatus());
    });
    AddStream(endpoints, "Flood", [this](absl::string_view, auto stream) {
      stream->OnGone([this] { flood_gone.Notify(); });
      writer = std::thread([this, stream] {
        while (!stream->gone()) {
          if (stream->Write(Bytes(std::string(10'000, 'x')))) continue;
          ++flood_full;
          absl::Notification drained;
          stream->OnDrained([&drained] { drained.Notify(); });
          drained.WaitForNotification();
        }
      });
    });
    AddExchange(endpoints);
    return endpoints;
  }

  std::shared_ptr<rpc::Channel> Dial() {
    return Connect({server->address(), std::nullopt, /*retry=*/false});
  }

  absl::Status refusal;
  std::atomic<int> handled{0};
  std::mutex mutex;
  rpc::Peer last_peer;
  absl::Time last_deadline;
  std::vector<std::shared_ptr<rpc::Responder>> held;
  absl::Notification holding, flood_gone;
  std::atomic<int> flood_full{0};
  std::thread writer;
  std::unique_ptr<Server> server;

 private:
  static void Add(std::vector<rpc::Endpoint>& endpoints, const char* name,
                  decltype(rpc::Endpoint::unary) handler) {
    rpc::Endpoint endpoint;
    endpoint.method = EchoService().FindMethodByName(name);
    endpoint.unary = std::move(handler);
    endpoints.push_back(std::move(endpoint));
  }
  // Answers what it is told, but for what stands for another end.
  void AddExchange(std::vector<rpc::Endpoint>& endpoints) {
    rpc::Endpoint endpoint;
    endpoint.method = EchoService().FindMethodByName("Exchange");
    endpoint.each = [this](absl::string_view request, const rpc::Peer&, auto responder) {
      if (request == "refuse") return responder->Refuse(refusal);
      if (request == "drop") return;
      if (request == "hold") {
        const std::lock_guard<std::mutex> lock(mutex);
        held.push_back(responder);
        return holding.Notify();
      }
      responder->Answer(Bytes(request));
    };
    endpoints.push_back(std::move(endpoint));
  }
  static void AddStream(
      std::vector<rpc::Endpoint>& endpoints, const char* name,
      std::function<void(absl::string_view, std::shared_ptr<rpc::ServerStream>)> handler) {
    rpc::Endpoint endpoint;
    endpoint.method = EchoService().FindMethodByName(name);
    endpoint.streaming = [handler](absl::string_view request, const rpc::Peer&, auto stream) {
      handler(request, stream);
    };
    endpoints.push_back(std::move(endpoint));
  }
};

}  // namespace vivier::transport
