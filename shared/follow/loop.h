// The one thread on which a process follows and is followed: it runs short tasks, at once in the
// order in which they came, or after a time. What waits for a disk, a lock or a peer belongs on
// rpc::Workers. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "absl/time/time.h"

namespace vivier::follow {

class Loop {
 public:
  Loop();
  // What was not run by then never is.
  ~Loop();

  // `owner` is whose task it is, for Forget.
  void Post(const void* owner, std::function<void()> task) {
    After(owner, absl::ZeroDuration(), std::move(task));
  }
  void After(const void* owner, absl::Duration delay, std::function<void()> task);

  // Once it returns no task of `owner` runs or ever will. Not from a task.
  void Forget(const void* owner);

 private:
  using Clock = std::chrono::steady_clock;  // nobody sets it back
  struct Task {
    const void* owner;
    std::function<void()> run;
  };

  void Run();

  std::mutex mutex_;                         // guards what follows
  std::condition_variable sooner_, rested_;  // a Monitor would wake the thread for every task
  std::map<std::pair<Clock::time_point, uint64_t>, Task> tasks_;  // by time, then as they came
  uint64_t next_ = 0;
  const void* running_ = nullptr;  // whose task runs
  std::set<const void*> leaving_;  // owners that are being forgotten
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vivier::follow
