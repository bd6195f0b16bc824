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
#include "shared/transport/channel.h"
#include "shared/transport/server.h"
#include "tests/support/client.h"
#include "tests/transport/echo_server.h"

namespace vivier::transport {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

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
  testing::BlockingStream stream(*channel_, kCount, "n");
  for (const char* expected : {"n0", "n1", "n2"}) {
    const auto message = stream.Read();
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(*message, expected);
  }
  for (int again = 0; again < 2; ++again) {
    const auto end = stream.Read();
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_FALSE(end->has_value());
  }
}

TEST_P(EachWay, ACancelledStreamIsNoticedAndItsQueueIsBounded) {
  testing::BlockingStream stream(*channel_, kFlood, "", {absl::InfiniteDuration(), "", ""});
  ASSERT_TRUE(stream.Read().ok());
  while (fixture_->flood_full == 0)
    std::this_thread::yield();  // nobody reads, so the writer is held back
  stream.Cancel();
  EXPECT_TRUE(fixture_->flood_gone.WaitForNotificationWithTimeout(absl::Seconds(10)));
  fixture_->writer.join();
  while (stream.Read().ok()) continue;
  EXPECT_EQ(stream.Read().status().code(), absl::StatusCode::kCancelled);
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

TEST(Exchange, AnswersAMessageAndEndsWhenThePeerHasSaidAll) {
  Fixture fixture;
  testing::BlockingStream stream(*fixture.Dial(), kExchange, "one");
  const auto answer = stream.Read();
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(**answer, "one");
  const auto end = stream.Read();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->has_value());
}

TEST(Exchange, EndsWithWhatTheHandlerRefuses) {
  Fixture fixture;
  fixture.refusal = NotAllowed("schools/nancy");
  testing::BlockingStream refused(*fixture.Dial(), kExchange, "refuse");
  EXPECT_EQ(ReasonOf(refused.Read().status()), "NOT_ALLOWED");
  testing::BlockingStream dropped(*fixture.Dial(), kExchange, "drop");
  EXPECT_EQ(dropped.Read().status().code(), absl::StatusCode::kInternal);
  testing::BlockingStream large(*fixture.Dial(), kExchange,
                                std::string(rpc::kRequestBytesMax + 1, 'x'));
  EXPECT_EQ(ReasonOf(large.Read().status()), "REQUEST_TOO_LARGE");
}

TEST(Exchange, OutlivesAPeerThatGoesAndAServerThatStops) {
  Fixture fixture;
  {
    testing::BlockingStream stream(*fixture.Dial(), kExchange, "hold");
    fixture.holding.WaitForNotification();
    stream.Cancel();
    EXPECT_FALSE(stream.Read().ok());
  }
  fixture.held.front()->Answer(Bytes("too late"));
  fixture.held.clear();
  testing::BlockingStream open(*fixture.Dial(), kExchange, "one");
  EXPECT_TRUE(open.Read().ok());
  fixture.server->Shutdown();
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
  testing::BlockingStream stream(*channel, kHealthWatch, request.SerializeAsString(),
                                 {absl::InfiniteDuration(), "", ""});
  EXPECT_EQ(StatusOf(**stream.Read()), HealthCheckResponse::SERVING);
  fixture.server->SetServing(false);
  EXPECT_EQ(StatusOf(**stream.Read()), HealthCheckResponse::NOT_SERVING);
  fixture.server->SetServing(true);
  EXPECT_EQ(StatusOf(**stream.Read()), HealthCheckResponse::SERVING);

  request.set_service("vivier.test.Unknown");
  EXPECT_EQ(rpc::Invoke<HealthCheckResponse>(*channel, kHealthCheck, request).status().code(),
            absl::StatusCode::kNotFound);
  testing::BlockingStream unknown(*channel, kHealthWatch, request.SerializeAsString());
  EXPECT_EQ(StatusOf(**unknown.Read()), HealthCheckResponse::SERVICE_UNKNOWN);
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
  testing::BlockingStream stream(*fixture.Dial(), kFlood, "", {absl::InfiniteDuration(), "", ""});
  ASSERT_TRUE(stream.Read().ok());
  std::thread drain([&] { EXPECT_TRUE(fixture.server->Drain()); });
  while (stream.Read().ok()) continue;
  EXPECT_EQ(stream.Read().status().code(), absl::StatusCode::kUnavailable);
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
