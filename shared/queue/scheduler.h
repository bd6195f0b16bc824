// The one place of a process where what happens later waits: a thread that sleeps until the next
// timer is due, whatever their number, and gives its task to others to run. A timer that is not set
// costs a hundred bytes and nothing else.
//
//   In, AtSite ─▶ set ─▶ due ─▶ waits for a place of its lane ─▶ runs ─▶ not set, until it is again
//
// A timer's task never runs twice at once: set while it runs, it runs once more afterwards.
// Thread-safe.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace vivier {

class Scheduler {
 public:
  // How many tasks run at once. They share the threads of those who ask, which are eight: half of
  // them stay free of what the house does itself, and two of silent partners outside.
  enum class Lane { kHouse, kOutside };
  static constexpr std::array<int, 2> kAtOnce = {4, 2};

  struct Options {
    // Runs the task soon, elsewhere; an error where it never will.
    std::function<absl::Status(std::function<void()> task)> run;
    std::function<absl::Time()> machine = SteadyNow;  // nobody sets it; any zero
    std::function<absl::Time()> site = absl::Now;     // by which rows are due
    // How late it is noticed that the site's clock was set.
    absl::Duration look_again = absl::Seconds(30);
  };

  class Timer {
   public:
    // The scheduler outlives it.
    Timer(Scheduler& scheduler, Lane lane, std::function<void()> task)
        : scheduler_(scheduler), lane_(lane), task_(std::move(task)) {}
    ~Timer() { Close(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Runs the task after that delay, or when the site's clock shows that time: whichever of all
    // that it is set to comes first. With the run it is set to nothing.
    void In(absl::Duration delay) {
      scheduler_.Set(*this, scheduler_.options_.machine() + delay, absl::InfiniteFuture());
    }
    void AtSite(absl::Time time) { scheduler_.Set(*this, absl::InfiniteFuture(), time); }

    // Waits for a run that is under way, and never runs again. Not from its own task.
    void Close() { scheduler_.Close(*this); }

   private:
    friend class Scheduler;
    enum class State { kResting, kWaiting, kRunning };

    Scheduler& scheduler_;
    const Lane lane_;
    const std::function<void()> task_;
    // What follows is the scheduler's, under its mutex.
    State state_ = State::kResting;
    bool closed_ = false;
    absl::Time machine_ = absl::InfiniteFuture(), site_ = absl::InfiniteFuture();
  };

  explicit Scheduler(Options options) : options_(std::move(options)) {}
  // Every timer is gone.
  ~Scheduler();

  // Runs what is due from now on, on a thread of its own that calls Turn.
  void Begin();
  // Gives what is due to be run, as far as its lane has a place; in how long to come again, unless
  // a timer is set meanwhile.
  absl::Duration Turn();

 private:
  using Queue = std::set<std::pair<absl::Time, Timer*>>;

  static absl::Time SteadyNow();
  void Loop();
  void Set(Timer& timer, absl::Time machine, absl::Time site);
  void Close(Timer& timer);
  void Run(Timer& timer);
  void Finish(Timer& timer);
  // Under the mutex:
  void Enqueue(Timer& timer);
  void Dequeue(Timer& timer);
  void TakeDue(Queue& queue, absl::Time now);
  absl::Duration Patience(absl::Time machine, absl::Time site) const;
  std::deque<Timer*>& waiting(const Timer& timer) {
    return waiting_[static_cast<size_t>(timer.lane_)];
  }
  int& running(const Timer& timer) { return running_[static_cast<size_t>(timer.lane_)]; }

  const Options options_;
  std::mutex mutex_;  // guards what follows
  // A Monitor would wake the thread at each Set, and there is one for each commit.
  std::condition_variable sooner_, finished_;
  Queue by_machine_, by_site_;  // resting timers that are set
  std::array<std::deque<Timer*>, kAtOnce.size()> waiting_;
  std::array<int, kAtOnce.size()> running_ = {};
  bool is_sooner_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vivier
