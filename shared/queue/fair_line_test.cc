#include "shared/queue/fair_line.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/queue/school_lines.h"

namespace vivier {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

std::vector<std::string> Drain(FairLine<int>& line, absl::Time now) {
  std::vector<std::string> order;
  while (const auto taken = line.Take(now))
    order.push_back(absl::StrCat(taken->share, taken->item));
  return order;
}

TEST(FairLine, TakesTurnsBetweenSharesAndKeepsTheOrderWithin) {
  FairLine<int> line;
  for (int i = 1; i <= 3; ++i) line.Add("a", i, kStart);
  line.Add("b", 1, kStart);
  line.Add("", 1, kStart);
  EXPECT_EQ(line.size(), 5u);
  EXPECT_EQ(Drain(line, kStart), (std::vector<std::string>{"a1", "b1", "1", "a2", "a3"}));
  EXPECT_TRUE(line.empty());
}

TEST(FairLine, WhatIsPutBackGoesFirst) {
  FairLine<int> line;
  line.Add("a", 1, kStart);
  line.Add("a", 2, kStart);
  auto first = line.Take(kStart);
  line.PutBack(first->share, first->item, first->since);
  EXPECT_EQ(Drain(line, kStart), (std::vector<std::string>{"a1", "a2"}));
}

TEST(FairLine, WhoMayNotIsPassedOverAndKeepsTheirTurn) {
  FairLine<int> line;
  for (const char* share : {"a", "b", "c"}) line.Add(share, 1, kStart);
  const auto not_a = [](absl::string_view share) { return share != "a"; };
  EXPECT_EQ(line.TakeIf(kStart, not_a)->share, "b");
  EXPECT_EQ(line.size(), 2u);
  EXPECT_EQ(line.Take(kStart)->share, "a");
  EXPECT_EQ(line.TakeIf(kStart, not_a)->share, "c");
  line.Add("a", 2, kStart);
  EXPECT_FALSE(line.TakeIf(kStart, not_a).has_value());
  EXPECT_EQ(line.size(), 1u);
}

TEST(FairLine, TheNewestOfWhoHasMostGoesFirstAndOursNever) {
  FairLine<int> line;
  for (int i = 1; i <= 5; ++i) line.Add("", i, kStart);
  for (int i = 1; i <= 3; ++i) line.Add("a", i, kStart);
  line.Add("b", 1, kStart);
  EXPECT_EQ(line.TakeNewest(), 3);
  EXPECT_EQ(line.TakeNewest(), 2);
  EXPECT_EQ(line.TakeNewest(), 1);
  EXPECT_EQ(line.TakeNewest(), 1);
  EXPECT_EQ(line.TakeNewest(), std::nullopt);
  EXPECT_EQ(line.size(), 5u);
}

// A server that does `per_second`, and callers who ask as they like: virtual time in steps of a
// tenth of a millisecond.
class Simulation {
 public:
  explicit Simulation(double per_second) : takes_(absl::Seconds(1) / per_second) {}

  // Each share asks so many times a second.
  void Run(const std::map<std::string, double>& shares, absl::Duration time) {
    const absl::Time end = now_ + time;
    for (; now_ < end; now_ += absl::Microseconds(100)) {
      for (const auto& [share, per_second] : shares)
        for (due_[share] += per_second / 10'000; due_[share] >= 1; --due_[share]) Ask(share);
      for (const absl::Time since : line_.Shed(now_)) Refuse(now_ - since);
      for (; free_ <= now_ && !line_.empty(); free_ += takes_) {
        const auto taken = line_.Take(now_);
        ++served_[taken->share];
        longest_ = std::max(longest_, now_ - taken->since);
      }
      if (line_.empty()) free_ = std::max(free_, now_);
    }
  }

  // All at one moment.
  void Burst(int calls) {
    for (int i = 0; i < calls; ++i) Ask("a");
  }

  // Since the last question.
  std::map<std::string, int> Served() { return std::exchange(served_, {}); }
  int Refused() { return std::exchange(refused_, 0); }
  absl::Duration LongestServed() { return std::exchange(longest_, absl::ZeroDuration()); }
  absl::Duration LongestRefused() { return std::exchange(longest_refused_, absl::ZeroDuration()); }

 private:
  void Ask(const std::string& share) { line_.Add(share, now_, now_); }
  void Refuse(absl::Duration waited) {
    ++refused_;
    longest_refused_ = std::max(longest_refused_, waited);
  }

  const absl::Duration takes_;
  FairLine<absl::Time> line_;
  absl::Time now_ = kStart, free_ = kStart;
  std::map<std::string, double> due_;
  std::map<std::string, int> served_;
  int refused_ = 0;
  absl::Duration longest_, longest_refused_;
};

TEST(FairLine, UnderOverloadAllThatIsServedIsServedInTimeAndTheRestRefusedAtOnce) {
  for (const double times : {1.3, 2., 5., 20.}) {
    Simulation server(2000);
    server.Run({{"a", 2000 * times}}, absl::Seconds(1));  // until it has noticed
    server.Served(), server.Refused(), server.LongestServed(), server.LongestRefused();
    server.Run({{"a", 2000 * times}}, absl::Seconds(5));
    EXPECT_NEAR(server.Served()["a"], 10'000, 10) << times;
    EXPECT_NEAR(server.Refused(), 10'000 * (times - 1), 50) << times;
    EXPECT_LE(server.LongestServed(), absl::Milliseconds(70)) << times;
    EXPECT_LE(server.LongestRefused(), absl::Milliseconds(1)) << times;
  }
}

// A writer takes all that waits and is long with it, however little that is.
TEST(FairLine, AServerOfBatchesIsKeptBusy) {
  for (const double per_second : {2000., 5000., 20'000.}) {
    FairLine<int> line;
    absl::Time now = kStart, free = kStart;
    double due = 0;
    int served = 0;
    for (; now < kStart + absl::Seconds(6); now += absl::Microseconds(100)) {
      for (due += per_second / 10'000; due >= 1; --due) line.Add("a", 0, now);
      line.Shed(now);
      if (free > now || line.empty()) continue;
      int taken = 0;
      while (taken < 256 && line.Take(now).has_value()) ++taken;
      if (now > kStart + absl::Seconds(1)) served += taken;
      free = now + absl::Milliseconds(20) + taken * absl::Microseconds(500);
    }
    // Batches of 60 take 50 ms: 1,200 a second.
    EXPECT_GE(served, 5 * 1100) << per_second;
  }
}

// It takes 256 and has time for ten of them.
TEST(FairLine, WhatIsPutBackIsNotThoughtServed) {
  FairLine<int> line;
  double due = 0;
  absl::Time free = kStart;
  size_t longest = 0;
  for (absl::Time now = kStart; now < kStart + absl::Seconds(3); now += absl::Microseconds(100)) {
    for (due += .5; due >= 1; --due) line.Add("a", 0, now);
    line.Shed(now);
    if (now > kStart + absl::Seconds(1)) longest = std::max(longest, line.size());
    if (free > now) continue;
    std::vector<FairLine<int>::Taken> taken;
    while (taken.size() < 256 && !line.empty()) taken.push_back(*line.Take(now));
    for (; taken.size() > 10; taken.pop_back())
      line.PutBack("a", taken.back().item, taken.back().since);
    free = now + absl::Milliseconds(20);
  }
  EXPECT_LE(longest, 26u);  // 500 a second: 25 in 50 ms
}

TEST(FairLine, AFloodIsNoticedBeforeItIsOld) {
  Simulation server(2000);
  server.Run({{"a", 1000}}, absl::Seconds(1));
  server.Run({{"a", 10'000}}, absl::Milliseconds(90));
  EXPECT_GT(server.Refused(), 0);
}

// The server looks seldom, as one does that is given little of a processor.
TEST(FairLine, WhatHasWaitedForTheWholeIntervalNeedNotBeSeenTwice) {
  FairLine<int> line;
  for (int i = 0; i < 100; ++i) line.Add("a", i, kStart);
  for (int i = 0; i < 60; ++i) line.Take(kStart + i * absl::Milliseconds(2));
  EXPECT_TRUE(line.Shed(kStart + absl::Milliseconds(149)).empty());
  EXPECT_EQ(line.Shed(kStart + absl::Milliseconds(152)).size(), 15u);  // 500 a second: 25 stay
}

TEST(FairLine, AStandstillIsNoOverload) {
  FairLine<int> line;
  for (int i = 0; i < 100; ++i) line.Add("a", i, kStart);
  EXPECT_TRUE(line.Shed(kStart + absl::Milliseconds(500)).empty());
  EXPECT_EQ(Drain(line, kStart + absl::Milliseconds(501)).size(), 100u);
  line.Add("a", 1, kStart + absl::Milliseconds(650));
  EXPECT_TRUE(line.Shed(kStart + absl::Milliseconds(700)).empty());
}

TEST(FairLine, ABurstThatIsServedWithinTheIntervalIsRefusedNothing) {
  Simulation server(2000);
  server.Run({{"a", 1000}}, absl::Seconds(1));
  for (int i = 0; i < 10; ++i) {
    server.Burst(200);
    server.Run({{"a", 500}}, absl::Milliseconds(500));
  }
  EXPECT_EQ(server.Refused(), 0);
  EXPECT_LE(server.LongestServed(), absl::Milliseconds(150));
}

TEST(FairLine, WhatIsBelowTheCapacityIsRefusedNothing) {
  Simulation server(2000);
  server.Run({{"a", 1800}}, absl::Seconds(10));
  EXPECT_EQ(server.Refused(), 0);
}

TEST(FairLine, AFloodOfOneLeavesTheOthersAllOfTheirs) {
  Simulation server(2000);
  server.Run({{"flood", 20'000}, {"b", 300}, {"c", 500}}, absl::Seconds(1));
  server.Served();
  server.Run({{"flood", 20'000}, {"b", 300}, {"c", 500}}, absl::Seconds(5));
  std::map<std::string, int> served = server.Served();
  EXPECT_NEAR(served["b"], 1500, 15);
  EXPECT_NEAR(served["c"], 2500, 15);
  EXPECT_NEAR(served["flood"], 6000, 30);
}

TEST(FairLine, IsItselfAgainSoonAfterTheOverload) {
  Simulation server(2000);
  server.Run({{"a", 10'000}}, absl::Seconds(3));
  server.Run({{"a", 1000}}, absl::Milliseconds(500));
  server.Refused(), server.LongestServed();
  server.Run({{"a", 1000}}, absl::Seconds(2));
  EXPECT_EQ(server.Refused(), 0);
  EXPECT_LE(server.LongestServed(), absl::Milliseconds(2));
}

TEST(SchoolLines, TakesTurnsBetweenSchoolsAndPutsBackInOrder) {
  SchoolLines<int> lines;
  for (int i = 1; i <= 5; ++i) EXPECT_TRUE(lines.Add("nancy", "a", i, kStart).empty());
  EXPECT_TRUE(lines.Add("metz", "a", 6, kStart).empty());
  const auto items = [](const std::vector<SchoolLines<int>::Taken>& taken) {
    std::vector<int> items;
    for (const auto& one : taken) items.push_back(one.item);
    return items;
  };
  auto first = lines.Take(3, kStart);
  EXPECT_EQ(items(first), (std::vector<int>{1, 2, 3}));
  first.erase(first.begin());
  EXPECT_EQ(items(lines.Take(3, kStart)), (std::vector<int>{6}));
  lines.PutBack("nancy", std::move(first));
  EXPECT_EQ(lines.size(), 4u);
  EXPECT_EQ(items(lines.Take(3, kStart)), (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(items(lines.Take(3, kStart)), (std::vector<int>{5}));
  EXPECT_TRUE(lines.Take(3, kStart).empty());
  EXPECT_TRUE(lines.empty());
}

}  // namespace
}  // namespace vivier
