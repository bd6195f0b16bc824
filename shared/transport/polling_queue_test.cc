#include "shared/transport/polling_queue.h"

#include <atomic>
#include <memory>

#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/monitor.h"
#include "tests/transport/echo_server.h"

namespace vivier::transport {
namespace {

// Each call keeps the polling thread for two milliseconds, so that three thousand at once are more
// than it does.
TEST(PollingQueue, AFloodIsShedAndNobodyElseIsRefused) {
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
  EXPECT_LT(shed, kCalls);
}

}  // namespace
}  // namespace vivier::transport
