// The pool has the threads that its work needs, and none without.
#include "shared/rpc/workers.h"

#include <atomic>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/monitor.h"

namespace vivier::rpc {
namespace {

constexpr int kThreads = 3;

TEST(WorkersTest, AreMadeAsTheyAreNeededAndEndWhenNothingComes) {
  Workers workers(kThreads, absl::Milliseconds(1));
  EXPECT_EQ(workers.threads(), 0);
  for (int round = 0; round < 3; ++round) {
    // Each waits for the others, so it takes as many threads.
    Countdown others(kThreads), ended(kThreads);
    for (int i = 0; i < kThreads; ++i)
      ASSERT_EQ(workers.Submit([&] {
        others.CountDown();
        others.Wait();
        ended.CountDown();
      }),
                absl::OkStatus());
    ended.Wait();
    EXPECT_LE(workers.threads(), kThreads);
    const absl::Time start = absl::Now();
    while (workers.threads() > 0) ASSERT_LT(absl::Now() - start, absl::Minutes(1));
  }
}

TEST(WorkersTest, AreNoMoreThanTheyMayBe) {
  Workers workers(kThreads);
  std::atomic<int> running{0}, most{0};
  constexpr int kTasks = 300;
  Countdown ended(kTasks);
  for (int i = 0; i < kTasks; ++i)
    ASSERT_EQ(workers.Submit([&] {
      const int now = ++running;
      for (int before = most; now > before && !most.compare_exchange_weak(before, now);) continue;
      --running;
      ended.CountDown();
    }),
              absl::OkStatus());
  ended.Wait();
  EXPECT_LE(most, kThreads);
  EXPECT_LE(workers.threads(), kThreads);
}

TEST(WorkersTest, FinishWhatTheyHaveBeforeTheyEnd) {
  std::atomic<int> done{0};
  {
    Workers workers(kThreads, absl::ZeroDuration());
    for (int i = 0; i < 300; ++i) ASSERT_EQ(workers.Submit([&] { ++done; }), absl::OkStatus());
  }
  EXPECT_EQ(done, 300);
}

// A pool whose clock the test moves.
class LongTasks : public ::testing::Test {
 protected:
  void Submit(const std::string& share, std::function<void()> run) {
    workers_.Submit("nancy", share, {std::move(run), [](const absl::Status&) { FAIL(); }});
  }
  // What the caller asked so far has taken long.
  void TakeLong(const std::string& share) {
    Countdown left(kThreads);
    for (int i = 0; i < kThreads; ++i)
      Submit(share, [&] {
        milliseconds_ += 200;
        left.CountDown();
      });
    left.Wait();
  }

  std::atomic<int64_t> milliseconds_{0};
  Workers workers_{kThreads, Workers::kIdleMax,
                   [this] { return absl::FromUnixMillis(milliseconds_); }};
};

// Without it, this test does not end.
TEST_F(LongTasks, LeaveThreadsToOthers) {
  TakeLong("long");
  constexpr int kTasks = 2 * kThreads;
  Countdown go_on(1), others(kTasks), ended(kTasks);
  std::atomic<int> began{0};
  for (int i = 0; i < kTasks; ++i)
    Submit("long", [&] {
      ++began;
      go_on.Wait();
      ended.CountDown();
    });
  for (int i = 0; i < kTasks; ++i) Submit("other", [&] { others.CountDown(); });
  others.Wait();
  EXPECT_LE(began, Workers::kLongAtATimeMax);
  go_on.CountDown();
  ended.Wait();
  EXPECT_EQ(began, kTasks);
}

// What names no school yet waits in the line of our own tasks. Where one is dropped, this test does
// not end.
TEST_F(LongTasks, AreRunOrRefusedWhenOneOfOurOwnComes) {
  Workers workers(1, Workers::kIdleMax, [this] { return absl::FromUnixMillis(milliseconds_); });
  constexpr int kTasks = 100;
  std::atomic<int> refused{0};
  Countdown begin(1), settled(kTasks);
  for (int i = 0; i < kTasks; ++i)
    workers.Submit("", "caller",
                   {[&] {
                      begin.Wait();
                      milliseconds_ += 5;
                      EXPECT_EQ(workers.Submit([] {}), absl::OkStatus());
                      settled.CountDown();
                    },
                    [&](const absl::Status& status) {
                      EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
                      ++refused;
                      settled.CountDown();
                    }});
  begin.CountDown();
  settled.Wait();
  EXPECT_GT(refused, 0);
}

TEST_F(LongTasks, AreFinishedBeforeThePoolEnds) {
  std::atomic<int> ended{0};
  {
    Workers workers(kThreads, Workers::kIdleMax,
                    [this] { return absl::FromUnixMillis(milliseconds_); });
    for (int i = 0; i < 100; ++i)
      workers.Submit("nancy", "long",
                     {[&] {
                        milliseconds_ += 200;
                        ++ended;
                      },
                      [&](const absl::Status&) { ++ended; }});
  }
  EXPECT_EQ(ended, 100);
}

}  // namespace
}  // namespace vivier::rpc
