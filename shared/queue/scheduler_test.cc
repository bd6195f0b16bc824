// Timers in virtual time: nothing here waits, and what a task does is run by hand.
#include "shared/queue/scheduler.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace vivier {
namespace {

using Lane = Scheduler::Lane;
using Timer = Scheduler::Timer;

class SchedulerTest : public ::testing::Test {
 protected:
  Timer Adds(const std::string& name, Lane lane = Lane::kHouse) {
    return Timer(scheduler_, lane, [this, name] { ran_ += name; });
  }
  // Lets time pass and runs all that became due; what ran, in order.
  std::string Pass(absl::Duration by) {
    machine_ += by;
    site_ += by;
    return Run();
  }
  std::string Run() {
    std::vector<std::function<void()>> tasks;
    do {
      patience_ = scheduler_.Turn();
      tasks = std::exchange(given_, {});
      for (const std::function<void()>& task : tasks) task();
    } while (!tasks.empty());
    return std::exchange(ran_, "");
  }

  absl::Time machine_ = absl::UnixEpoch();
  absl::Time site_ = absl::FromUnixSeconds(1'800'000'000);
  std::vector<std::function<void()>> given_;
  bool refuses_ = false;
  std::string ran_;
  absl::Duration patience_;
  Scheduler scheduler_{{[this](std::function<void()> task) {
                          if (refuses_) return absl::UnavailableError("stopping");
                          given_.push_back(std::move(task));
                          return absl::OkStatus();
                        },
                        [this] { return machine_; }, [this] { return site_; }}};
};

TEST_F(SchedulerTest, RunsEachWhenItIsDueAndSleepsBetween) {
  Timer a = Adds("a"), b = Adds("b");
  EXPECT_EQ(Run(), "");
  EXPECT_EQ(patience_, absl::InfiniteDuration());
  a.In(absl::Seconds(20));
  b.In(absl::Seconds(5));
  EXPECT_EQ(Run(), "");
  EXPECT_EQ(patience_, absl::Seconds(5));
  EXPECT_EQ(Pass(absl::Seconds(5)), "b");
  EXPECT_EQ(patience_, absl::Seconds(15));
  EXPECT_EQ(Pass(absl::Seconds(14)), "");
  EXPECT_EQ(Pass(absl::Seconds(1)), "a");
  EXPECT_EQ(patience_, absl::InfiniteDuration());
}

TEST_F(SchedulerTest, TheEarliestTimeCountsAndARunClearsAll) {
  Timer a = Adds("a");
  a.In(absl::Seconds(20));
  a.In(absl::Seconds(10));
  a.In(absl::Seconds(30));
  a.AtSite(site_ + absl::Seconds(40));
  EXPECT_EQ(Pass(absl::Seconds(10)), "a");
  EXPECT_EQ(patience_, absl::InfiniteDuration());
  EXPECT_EQ(Pass(absl::Hours(1)), "");
}

// `vivier clock` moves it on in another process, which tells nobody.
TEST_F(SchedulerTest, FollowsTheSitesClockWhenItIsMoved) {
  Timer a = Adds("a"), b = Adds("b");
  a.AtSite(site_ + absl::Hours(24));
  b.In(absl::Hours(24));
  EXPECT_EQ(Run(), "");
  EXPECT_EQ(patience_, absl::Seconds(30));
  site_ += absl::Hours(25);
  EXPECT_EQ(Pass(absl::Seconds(30)), "a");
  EXPECT_EQ(patience_, absl::Hours(24) - absl::Seconds(30)) << "nothing waits for the site's clock";
}

TEST_F(SchedulerTest, SetWhileItRunsItRunsOnceMoreAfterwards) {
  Timer a = Adds("a");
  a.In(absl::ZeroDuration());
  scheduler_.Turn();
  ASSERT_EQ(given_.size(), 1u);
  a.In(absl::ZeroDuration());
  a.In(absl::ZeroDuration());
  scheduler_.Turn();
  EXPECT_EQ(given_.size(), 1u) << "it runs twice at once";
  EXPECT_EQ(Run(), "aa");
}

TEST_F(SchedulerTest, ALaneRunsNoMoreThanItsNumberAtOnceInTheirOrder) {
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 1; i <= 5; ++i) {
    timers.push_back(std::make_unique<Timer>(scheduler_, Lane::kOutside,
                                             [this, i] { absl::StrAppend(&ran_, i); }));
    timers.back()->In(absl::Microseconds(i));
  }
  Timer house = Adds("h");
  house.In(absl::ZeroDuration());
  machine_ += absl::Seconds(1);
  scheduler_.Turn();
  EXPECT_EQ(given_.size(), 3u) << "two of the outside, and the house's own beside them";
  scheduler_.Turn();
  EXPECT_EQ(given_.size(), 3u);
  EXPECT_EQ(Run(), "h12345");
}

TEST_F(SchedulerTest, OneThatIsClosedNeverRuns) {
  Timer a = Adds("a"), b = Adds("b");
  a.In(absl::Seconds(1));
  a.Close();
  a.In(absl::ZeroDuration());
  EXPECT_EQ(Pass(absl::Seconds(2)), "");
  // Due, but without a place.
  std::vector<std::unique_ptr<Timer>> full;
  for (int i = 0; i < Scheduler::kAtOnce[0]; ++i)
    full.push_back(std::make_unique<Timer>(scheduler_, Lane::kHouse, [] {}));
  for (const auto& timer : full) timer->In(absl::ZeroDuration());
  b.In(absl::Microseconds(1));
  machine_ += absl::Seconds(1);
  scheduler_.Turn();
  b.Close();
  EXPECT_EQ(Run(), "");
}

TEST_F(SchedulerTest, OneThatCannotBeRunIsNotWaitedFor) {
  Timer a = Adds("a");
  a.In(absl::ZeroDuration());
  refuses_ = true;
  scheduler_.Turn();
  a.Close();  // returns
  refuses_ = false;
  EXPECT_EQ(Pass(absl::Hours(1)), "");
}

// Against a model: each time that was set is met by a run at or after it, before time goes on, and
// none runs that was not set.
TEST_F(SchedulerTest, WhateverIsSetIsMetAndNothingElse) {
  constexpr int kTimers = 12;
  std::mt19937 draws(7);
  std::vector<absl::Time> due(kTimers, absl::InfiniteFuture());
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < kTimers; ++i)
    timers.push_back(std::make_unique<Timer>(scheduler_, Lane::kHouse, [this, i, &due] {
      EXPECT_LE(due[static_cast<size_t>(i)], machine_) << i;
      due[static_cast<size_t>(i)] = absl::InfiniteFuture();
    }));
  for (int step = 0; step < 5000; ++step) {
    const size_t i = draws() % kTimers;
    const absl::Duration delay = absl::Seconds(draws() % 50);
    due[i] = std::min(due[i], machine_ + delay);
    draws() % 2 == 0 ? timers[i]->In(delay) : timers[i]->AtSite(site_ + delay);
    Pass(absl::Seconds(draws() % 3));
    const absl::Time next = *std::min_element(due.begin(), due.end());
    ASSERT_GT(next, machine_) << step;
    ASSERT_EQ(patience_, std::min(next - machine_, std::max(patience_, absl::Seconds(30)))) << step;
  }
}

// On its own thread and the machine's clocks.
TEST(Scheduler, RunsByItself) {
  std::mutex mutex;
  std::condition_variable done;
  int runs = 0;
  Scheduler scheduler({[](std::function<void()> task) {
    task();
    return absl::OkStatus();
  }});
  {
    Timer timer(scheduler, Lane::kHouse, [&] {
      std::lock_guard<std::mutex> lock(mutex);
      ++runs;
      done.notify_one();
    });
    Timer never(scheduler, Lane::kHouse, [] { ADD_FAILURE() << "ran"; });
    never.AtSite(absl::Now() + absl::Hours(1));
    scheduler.Begin();
    timer.In(absl::Milliseconds(1));
    std::unique_lock<std::mutex> lock(mutex);
    EXPECT_TRUE(done.wait_for(lock, std::chrono::minutes(1), [&] { return runs == 1; }));
  }
}

}  // namespace
}  // namespace vivier
