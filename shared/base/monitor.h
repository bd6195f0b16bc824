// A mutex on which threads can wait until something it guards is true. Whoever lets go of it wakes
// those who wait, so nobody has to remember to notify. The standard library's mutex and not
// Abseil's, because Debian's Abseil is not instrumented and ThreadSanitizer cannot see through it.
//
//   Monitor::Lock lock(monitor_);
//   lock.Await([this] { return stopping_ || !queue_.empty(); });
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace vivier {

class Monitor {
 public:
  class Lock {
   public:
    explicit Lock(Monitor& monitor) : monitor_(monitor), lock_(monitor.mutex_) {}
    // Wakes while it still holds the mutex: whoever is woken may destroy the monitor. Costs nothing
    // where nobody waits.
    ~Lock() { monitor_.changed_.notify_all(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    template <class Condition>
    void Await(const Condition& condition) {
      monitor_.changed_.wait(lock_, condition);
    }

    // Whether the condition became true within `timeout`.
    template <class Condition>
    bool AwaitFor(absl::Duration timeout, const Condition& condition) {
      if (timeout ==
          absl::InfiniteDuration()) {  // the clock of wait_for would overflow and be past
        Await(condition);
        return true;
      }
      return monitor_.changed_.wait_for(lock_, absl::ToChronoNanoseconds(timeout), condition);
    }

   private:
    Monitor& monitor_;
    std::unique_lock<std::mutex> lock_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Waits for a number of things to happen elsewhere.
class Countdown {
 public:
  explicit Countdown(size_t count) : count_(count) {}

  void CountDown() {
    Monitor::Lock lock(monitor_);
    --count_;
  }
  void Wait() {
    Monitor::Lock lock(monitor_);
    lock.Await([this] { return count_ == 0; });
  }

 private:
  Monitor monitor_;
  size_t count_;
};

}  // namespace vivier
