#include "shared/queue/throttle.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

// A caller who wants so many a second, and a server that answers so many of those that it is asked,
// for a second, in steps of a millisecond.
struct Second {
  int asked = 0, answered = 0;
};
Second AskFor(Throttles& throttles, absl::Time start, int wanted, int answers) {
  Second second;
  double room = 0;
  for (int i = 0; i < wanted; ++i) {
    const absl::Time now = start + i * absl::Seconds(1) / wanted;
    room = std::min(room + static_cast<double>(answers) / wanted, 20.);
    if (!throttles.MayAsk("officer", "/List", now)) continue;
    ++second.asked;
    if (room >= 1) {
      --room;
      ++second.answered;
      throttles.Learn("officer", "/List", absl::OkStatus(), now);
    } else {
      throttles.Learn("officer", "/List", Overloaded("writer"), now);
    }
  }
  return second;
}

TEST(Throttle, AsksLittleMoreThanIsAnswered) {
  Throttles throttles;
  AskFor(throttles, kStart, 5000, 1000);
  const Second second = AskFor(throttles, kStart + absl::Seconds(1), 5000, 1000);
  EXPECT_NEAR(second.answered, 1000, 30);
  EXPECT_LE(second.asked, 1000 * Throttle::kAsked + 50);
}

// Five thousand were asked before the first refusal came; a thousand a second are answered.
TEST(Throttle, WaitsUntilWhatIsOnItsWayHasCome) {
  Throttles throttles;
  absl::Time now = kStart;
  for (int i = 0; i < 3000; ++i) {
    now += absl::Milliseconds(1);
    EXPECT_TRUE(throttles.MayAsk("officer", "/List", now));
    throttles.Learn("officer", "/List", absl::OkStatus(), now);
  }
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(throttles.MayAsk("officer", "/List", now));
  throttles.Learn("officer", "/List", Overloaded("calls"), now);
  int left = 999;
  for (; left > 0 && !throttles.MayAsk("officer", "/List", now); --left) {
    now += absl::Milliseconds(1);
    throttles.Learn("officer", "/List", absl::OkStatus(), now);
  }
  EXPECT_NEAR(left, 92, 20);  // 25 ms of answers, doubled each half second, and four
}

TEST(Throttle, WhatExpiredIsNotOnItsWay) {
  Throttles throttles;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(throttles.MayAsk("officer", "/List", kStart));
  throttles.Learn("officer", "/List", Overloaded("calls"), kStart);
  EXPECT_FALSE(throttles.MayAsk("officer", "/List", kStart + absl::Seconds(1)));
  for (int i = 0; i < 999; ++i)
    throttles.Learn("officer", "/List", absl::DeadlineExceededError(""), kStart + absl::Seconds(1));
  EXPECT_TRUE(throttles.MayAsk("officer", "/List", kStart + absl::Seconds(1)));
}

TEST(Throttle, WhoGoesOnAskingInVainLosesNothing) {
  Throttles throttles;
  AskFor(throttles, kStart, 5000, 1000);
  const Second second = AskFor(throttles, kStart + absl::Seconds(1), 50'000, 1000);
  EXPECT_NEAR(second.answered, 1000, 100);
}

TEST(Throttle, NoticesWhenThereIsMoreRoom) {
  Throttles throttles;
  AskFor(throttles, kStart, 5000, 0);
  EXPECT_LE(AskFor(throttles, kStart + absl::Seconds(1), 5000, 0).asked, 60);
  for (int i = 2; i < 5; ++i) AskFor(throttles, kStart + i * absl::Seconds(1), 5000, 5000);
  EXPECT_EQ(AskFor(throttles, kStart + absl::Seconds(5), 5000, 5000).answered, 5000);
}

TEST(Throttle, HoldsBackNobodyWhoIsNotRefused) {
  Throttles throttles;
  AskFor(throttles, kStart, 5000, 0);
  const absl::Time now = kStart + absl::Seconds(1);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(throttles.MayAsk("trainer", "/List", now));
    EXPECT_TRUE(throttles.MayAsk("officer", "/Get", now));
  }
  int asked = 0;
  for (int i = 0; i < 1000; ++i) asked += throttles.MayAsk("officer", "/List", now) ? 1 : 0;
  EXPECT_LE(asked, 20);
  EXPECT_TRUE(
      throttles.MayAsk("officer", "/List", now + Throttle::kForgets + absl::Milliseconds(1)));
}

}  // namespace
}  // namespace vivier
