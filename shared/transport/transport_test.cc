// The server and the channel against each other, over the three ways in: TCP, a unix socket, and in
// process.
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/monitor.h"
#include "shared/transport/channel.h"
#include "shared/transport/server.h"

namespace vivier::transport {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

constexpr char kEcho[] = "/vivier.test.Echo/Echo";
constexpr char kRefuse[] = "/vivier.test.Echo/Refuse";
constexpr char kSpin[] = "/vivier.test.Echo/Spin";
constexpr char kHold[] = "/vivier.test.Echo/Hold";
constexpr char kBulk[] = "/vivier.test.Echo/Bulk";
constexpr char kDrop[] = "/vivier.test.Echo/Drop";
constexpr char kCount[] = "/vivier.test.Echo/Count";
constexpr char kFlood[] = "/vivier.test.Echo/Flood";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kHealthWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

std::shared_ptr<const std::string> Bytes(absl::string_view text) {
  return std::make_shared<const std::string>(text);
}

// The descriptor of a service that only tests have.
const google::protobuf::ServiceDescriptor& EchoService() {
  static const google::protobuf::ServiceDescriptor& service = *[] {
    google::protobuf::FileDescriptorProto file;
    file.set_name("vivier/test/echo.proto");
    file.set_package("vivier.test");
    file.add_message_type()->set_name("Payload");
    auto* echo = file.add_service();
    echo->set_name("Echo");
    for (const char* name : {"Echo", "Refuse", "Spin", "Hold", "Bulk", "Drop", "Count", "Flood"}) {
      auto* method = echo->add_method();
      method->set_name(name);
      method->set_input_type(".vivier.test.Payload");
      method->set_output_type(".vivier.test.Payload");
      method->set_server_streaming(name == std::string("Count") || name == std::string("Flood"));
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
          stream->WaitWritable(absl::Seconds(1));
        }
      });
    });
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

enum class Way { kTcp, kUnix, kInProcess };

class EachWay : public ::testing::TestWithParam<Way> {
 protected:
  EachWay()
      : path_(std::filesystem::path(::testing::TempDir()) /
              absl::StrCat("vivier-", getpid(), ".sock")) {
    ServerOptions options;
    if (GetParam() == Way::kUnix) options.address = "unix:" + path_.string();
    fixture_ = std::make_unique<Fixture>(options);
    channel_ =
        GetParam() == Way::kInProcess ? fixture_->server->InProcessChannel() : fixture_->Dial();
  }
  ~EachWay() override {
    channel_.reset();
    fixture_.reset();
    std::filesystem::remove(path_);
  }

  const std::filesystem::path path_;
  std::unique_ptr<Fixture> fixture_;
  std::shared_ptr<rpc::Channel> channel_;
};

TEST_P(EachWay, EchoesWithThePeersMetadata) {
  rpc::CallOptions options;
  options.authorization = "Bearer abc";
  options.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const std::string& request :
       {std::string("hello"), std::string(), std::string(60'000, '\0')}) {
    const absl::StatusOr<std::string> answer = channel_->Call(kEcho, request, options);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, request);
  }
  EXPECT_EQ(fixture_->last_peer.authorization, options.authorization);
  EXPECT_EQ(fixture_->last_peer.traceparent, options.traceparent);
  EXPECT_EQ(fixture_->last_peer.in_process, GetParam() == Way::kInProcess);
  EXPECT_EQ(fixture_->last_peer.certificate_uri, "");
}

TEST_P(EachWay, CarriesEveryDetailOfAnError) {
  fixture_->refusal = InvalidField("cohort.capacity", "must be ≥ 1");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(3);
  fixture_->refusal.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                               absl::Cord(retry.SerializeAsString()));
  const absl::StatusOr<std::string> answer = channel_->Call(kRefuse, "", {});
  EXPECT_EQ(answer.status(), fixture_->refusal);
  EXPECT_EQ(ReasonOf(answer.status()), "INVALID_FIELD");
}

TEST_P(EachWay, StreamsInOrderToTheEnd) {
  const std::unique_ptr<rpc::ClientStream> stream = channel_->Stream(kCount, "n", {});
  for (const char* expected : {"n0", "n1", "n2"}) {
    const auto message = stream->Read();
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(*message, expected);
  }
  for (int again = 0; again < 2; ++again) {
    const auto end = stream->Read();
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_FALSE(end->has_value());
  }
}

TEST_P(EachWay, ACancelledStreamIsNoticedAndItsQueueIsBounded) {
  const std::unique_ptr<rpc::ClientStream> stream =
      channel_->Stream(kFlood, "", {absl::InfiniteDuration(), "", ""});
  ASSERT_TRUE(stream->Read().ok());
  while (fixture_->flood_full == 0)
    std::this_thread::yield();  // nobody reads, so the writer is held back
  stream->Cancel();
  EXPECT_TRUE(fixture_->flood_gone.WaitForNotificationWithTimeout(absl::Seconds(10)));
  fixture_->writer.join();
  while (stream->Read().ok()) continue;
  EXPECT_EQ(stream->Read().status().code(), absl::StatusCode::kCancelled);
}

TEST_P(EachWay, RefusesAMessageAboveTheMethodsLimit) {
  const auto at_limit = channel_->Call(kEcho, std::string(rpc::kRequestBytesMax, 'x'), {});
  EXPECT_TRUE(at_limit.ok()) << at_limit.status();
  const auto above = channel_->Call(kEcho, std::string(rpc::kRequestBytesMax + 1, 'x'), {});
  EXPECT_EQ(above.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(above.status()), "REQUEST_TOO_LARGE");
  const auto bulk = channel_->Call(kBulk, std::string(3'000'000, 'x'), {});
  ASSERT_TRUE(bulk.ok()) << bulk.status();
  EXPECT_EQ(*bulk, "3000000");
}

TEST_P(EachWay, ADroppedRequestIsRefused) {
  const auto answer = channel_->Call(kDrop, "", {});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(answer.status()), "INTERNAL");
}

TEST_P(EachWay, TheDeadlineEndsACallAndTheServerNotices) {
  ASSERT_TRUE(channel_->Call(kEcho, "", {})
                  .ok());  // connected, so that the deadline is spent in the handler
  const absl::Time before = absl::Now();
  const auto answer = channel_->Call(kHold, "", {absl::Milliseconds(500), "", ""});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  fixture_->holding.WaitForNotification();
  const std::lock_guard<std::mutex> lock(fixture_->mutex);
  while (!fixture_->held[0]->cancelled()) std::this_thread::yield();
  EXPECT_LT(fixture_->held[0]->deadline(),
            before + absl::Seconds(4));          // the client's, not the server's own
  fixture_->held[0]->Answer(Bytes("too late"));  // reaches nobody and harms nobody
}

INSTANTIATE_TEST_SUITE_P(Transport, EachWay,
                         ::testing::Values(Way::kTcp, Way::kUnix, Way::kInProcess));

TEST(Transport, ImposesADeadlineOfItsOwn) {
  Fixture fixture;
  const absl::Time before = absl::Now();
  ASSERT_TRUE(fixture.Dial()->Call(kEcho, "", {absl::InfiniteDuration(), "", ""}).ok());
  EXPECT_GE(fixture.last_deadline, before + absl::Seconds(5));
  EXPECT_LE(fixture.last_deadline, absl::Now() + absl::Seconds(5));
}

TEST(Transport, AnswersManyCallsAtOnce) {
  Fixture fixture;
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  constexpr int kCalls = 2000, kOutstanding = 64;
  std::atomic<int> sent{0}, right{0};
  absl::BlockingCounter left(kOutstanding);
  std::function<void()> next = [&] {
    const int number = sent++;
    if (number >= kCalls) {
      left.DecrementCount();
      return;
    }
    channel->Start(kEcho, absl::StrCat(number), {},
                   [&, number](absl::StatusOr<std::string> answer) {
                     if (answer.ok() && *answer == absl::StrCat(number)) ++right;
                     next();
                   });
  };
  for (int i = 0; i < kOutstanding; ++i) next();
  left.Wait();
  EXPECT_EQ(right, kCalls);
}

TEST(Transport, ServesOnSeveralQueues) {
  ServerOptions options;
  options.io_threads = 3;
  Fixture fixture(options);
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(channel->Call(kEcho, "x", {}).ok());
  EXPECT_EQ(fixture.handled, 100);
}

TEST(Transport, RefusesWhatIsAboveTheCallsInFlight) {
  ServerOptions options;
  options.calls_max = 1;
  Fixture fixture(options);
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  absl::Notification answered;
  channel->Start(kHold, "", {}, [&](absl::StatusOr<std::string> answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    answered.Notify();
  });
  fixture.holding.WaitForNotification();
  const auto refused = channel->Call(kEcho, "", {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused.status()), "OVERLOADED");
  EXPECT_TRUE(refused.status().GetPayload("type.googleapis.com/google.rpc.RetryInfo"));
  EXPECT_TRUE(channel->Call(kHealthCheck, "", {})
                  .ok());  // health passes, or a busy server would be restarted
  fixture.held[0]->Answer(Bytes(""));
  answered.WaitForNotification();
}

// Each call keeps the polling thread for two milliseconds, so that three thousand at once are more
// than it does.
TEST(Transport, AFloodIsShedAndNobodyElseIsRefused) {
  ServerOptions options;
  options.share = [](const rpc::Peer& peer) { return peer.authorization; };
  Fixture fixture(options);
  constexpr int kCalls = 3000;
  Countdown answered(kCalls);
  std::atomic<int> shed{0};
  const std::shared_ptr<rpc::Channel> flooding = fixture.Dial(), honest = fixture.Dial();
  for (int i = 0; i < kCalls; ++i)
    flooding->Start(
        kSpin, "", {absl::Seconds(30), "flood", ""},
        [&](const absl::StatusOr<std::string>& answer) {
          if (!answer.ok()) {
            EXPECT_EQ(ReasonOf(answer.status()), "OVERLOADED");
            EXPECT_TRUE(answer.status().GetPayload("type.googleapis.com/google.rpc.RetryInfo"));
            ++shed;
          }
          answered.CountDown();
        });
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(honest->Call(kSpin, "", {absl::Seconds(30), "officer", ""}).ok());
  answered.Wait();
  EXPECT_GT(shed, kCalls / 2);
  EXPECT_LT(shed, kCalls - 20);
}

TEST(Transport, AnUnknownMethodIsUnimplemented) {
  Fixture fixture;
  EXPECT_EQ(fixture.Dial()->Call("/vivier.test.Echo/Nothing", "", {}).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(Transport, NobodySharesOurPort) {
  Fixture first;
  ServerOptions options;
  options.address = first.server->address();
  const auto second = Server::Start(options, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST(Transport, RefusesAnEndpointWithoutTheHandlerOfItsKind) {
  rpc::Endpoint endpoint;
  EXPECT_FALSE(Server::Start({}, {endpoint}).ok());
  endpoint.method = EchoService().FindMethodByName("Count");
  endpoint.unary = [](absl::string_view, const rpc::Peer&, std::shared_ptr<rpc::Responder>) {};
  EXPECT_FALSE(Server::Start({}, {endpoint}).ok());
  endpoint.method = EchoService().FindMethodByName("Bulk");
  endpoint.request_bytes_max = rpc::kBulkRequestBytesMax + 1;
  EXPECT_FALSE(Server::Start({}, {endpoint}).ok());
}

TEST(Transport, ReflectionIsThereWhereItIsAskedFor) {
  Fixture fixture;
  const auto stream = fixture.Dial()->Stream(kReflection, std::string("\x3a\x01*"), {});
  EXPECT_EQ(stream->Read().status().code(), absl::StatusCode::kUnimplemented);
}

TEST(Transport, ReflectionListsTheServices) {
  ServerOptions options;
  options.reflection = true;
  Fixture fixture(options);
  const auto stream =
      fixture.Dial()->Stream(kReflection, std::string("\x3a\x01*"), {});  // list_services = "*"
  const auto answer = stream->Read();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(**answer, HasSubstr("vivier.test.Echo"));
  EXPECT_THAT(**answer, HasSubstr("grpc.health.v1.Health"));
}

HealthCheckResponse::ServingStatus StatusOf(const std::string& bytes) {
  HealthCheckResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response.status();
}

TEST(Health, ChecksAndWatches) {
  Fixture fixture;
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  HealthCheckRequest request;
  for (const char* known : {"", "vivier.test.Echo"}) {
    request.set_service(known);
    const auto answer = rpc::Invoke<HealthCheckResponse>(*channel, kHealthCheck, request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status(), HealthCheckResponse::SERVING);
  }
  const auto stream = channel->Stream(kHealthWatch, request.SerializeAsString(),
                                      {absl::InfiniteDuration(), "", ""});
  EXPECT_EQ(StatusOf(**stream->Read()), HealthCheckResponse::SERVING);
  fixture.server->SetServing(false);
  EXPECT_EQ(StatusOf(**stream->Read()), HealthCheckResponse::NOT_SERVING);
  fixture.server->SetServing(true);
  EXPECT_EQ(StatusOf(**stream->Read()), HealthCheckResponse::SERVING);

  request.set_service("vivier.test.Unknown");
  EXPECT_EQ(rpc::Invoke<HealthCheckResponse>(*channel, kHealthCheck, request).status().code(),
            absl::StatusCode::kNotFound);
  const auto unknown = channel->Stream(kHealthWatch, request.SerializeAsString(), {});
  EXPECT_EQ(StatusOf(**unknown->Read()), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST(Drain, WaitsForTheCallsInFlightAndRefusesNewOnes) {
  Fixture fixture;
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  absl::Notification answered;
  channel->Start(kHold, "", {}, [&](absl::StatusOr<std::string> answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    answered.Notify();
  });
  fixture.holding.WaitForNotification();
  EXPECT_FALSE(fixture.server->Drain(absl::Milliseconds(10)));
  const auto refused = channel->Call(kEcho, "", {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOf(*channel->Call(kHealthCheck, "", {})), HealthCheckResponse::NOT_SERVING);
  fixture.held[0]->Answer(Bytes("done"));
  answered.WaitForNotification();
  EXPECT_TRUE(fixture.server->Drain(absl::Seconds(10)));
}

TEST(Drain, UnderLoadEveryCallThatWasTakenIsAnswered) {
  Fixture fixture;
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  constexpr int kOutstanding = 64;
  std::atomic<int> good{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::map<absl::StatusCode, int> others;
  absl::BlockingCounter left(kOutstanding);
  std::function<void()> next = [&] {
    if (stop) {
      left.DecrementCount();
      return;
    }
    channel->Start(kEcho, "x", {}, [&](absl::StatusOr<std::string> answer) {
      if (answer.ok()) {
        ++good;
      } else {
        const std::lock_guard<std::mutex> lock(mutex);
        ++others[answer.status().code()];
        stop = true;
      }
      next();
    });
  };
  for (int i = 0; i < kOutstanding; ++i) next();
  while (good < 1000) std::this_thread::yield();
  EXPECT_TRUE(fixture.server->Drain());
  fixture.server->Shutdown();
  left.Wait();
  EXPECT_EQ(good, fixture.handled);  // no answer was lost on its way
  EXPECT_GT(others[absl::StatusCode::kUnavailable], 0);
  EXPECT_EQ(others.size(), 1) << "every other call was refused, none broken off";
}

TEST(Drain, EndsStreams) {
  Fixture fixture;
  const auto stream = fixture.Dial()->Stream(kFlood, "", {absl::InfiniteDuration(), "", ""});
  ASSERT_TRUE(stream->Read().ok());
  std::thread drain([&] { EXPECT_TRUE(fixture.server->Drain()); });
  while (stream->Read().ok()) continue;
  EXPECT_EQ(stream->Read().status().code(), absl::StatusCode::kUnavailable);
  drain.join();
  fixture.writer.join();
}

TEST(Shutdown, NeverWaitsForAHandlerThatForgotItsCall) {
  Fixture fixture;
  const std::shared_ptr<rpc::Channel> channel = fixture.Dial();
  absl::Notification ended;
  channel->Start(
      kHold, "", {absl::InfiniteDuration(), "", ""}, [&](absl::StatusOr<std::string> answer) {
        EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << answer.status();
        ended.Notify();
      });
  fixture.holding.WaitForNotification();
  const absl::Time before = absl::Now();
  fixture.server.reset();
  EXPECT_LT(absl::Now() - before, absl::Seconds(4));
  ended.WaitForNotification();
  EXPECT_TRUE(fixture.held[0]->cancelled());
  fixture.held[0]->Answer(Bytes("after the server"));  // a responder may outlive the server
}

}  // namespace
}  // namespace vivier::transport
