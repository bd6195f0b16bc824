// A bounded pool of threads for what may take long: reads of more than a row, PostgreSQL, Redis
// misses, other services.
// Schools take turns, and so do those who ask at one school; what comes faster than it is done is
// refused, the newest first (shared/queue/fair_line.h). A thread is made when something waits and
// all are busy, and ends when nothing came for a while: an idle pool has none. Turns do not help
// who comes while all are busy for long: whose tasks take long has two threads at a time.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/queue/school_lines.h"

namespace vivier::rpc {

class Workers {
 public:
  // What may wait until an overload is noticed, in a tenth of a second, is far less.
  static constexpr size_t kQueueMax = 4096;
  // A thread takes some 50 KB, and 0.05 ms to make again.
  static constexpr absl::Duration kIdleMax = absl::Seconds(10);

  // Half of what a task may wait before the line is overloaded. A page takes a few.
  static constexpr absl::Duration kLong = absl::Milliseconds(25);
  // Of one who asks what takes long, at a time.
  static constexpr int kLongAtATimeMax = 2;
  // Of whom it is remembered how long they take; beyond, those are forgotten who have no thread.
  static constexpr size_t kAskersMax = 4096;

  struct Task {
    std::function<void()> run;
    std::function<void(const absl::Status&)> refuse;  // instead of `run`; null where it never is
  };

  explicit Workers(int threads_max, absl::Duration idle_max = kIdleMax,
                   std::function<absl::Time()> now = absl::Now)
      : threads_max_(threads_max), idle_max_(idle_max), now_(std::move(now)) {}
  ~Workers() { Stop(); }

  // Runs what waits, then none any more: nothing runs when it returns.
  void Stop();

  // Runs the task, or refuses it on this or another thread. `share` is who asks; "" is our own.
  void Submit(const std::string& school, absl::string_view share, Task task);
  // A task of our own, which is not refused for load: whoever submits it bounds their number.
  // UNAVAILABLE when the service is stopping; then it is not run.
  absl::Status Submit(std::function<void()> task);

  // How many there are at this moment.
  int threads();

 private:
  using Taken = SchoolLines<Task>::Taken;
  // Of one share.
  struct Asker {
    int running = 0;
    absl::Duration usual;  // how long its tasks take, of which the last ones count most
  };

  static void Refuse(const std::vector<Task>& shed);
  void Loop();
  // Under the mutex: sees to it that somebody comes for what waits.
  void CallSomebody();
  std::optional<Taken> WaitForWork(std::unique_lock<std::mutex>& lock);
  bool MayRun(absl::string_view share) const;
  void Learn(const std::string& share, absl::Duration took);

  const int threads_max_;
  const absl::Duration idle_max_;
  const std::function<absl::Time()> now_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable has_work_, has_ended_;
  SchoolLines<Task> lines_;
  absl::flat_hash_map<std::string, Asker> askers_;
  bool stopping_ = false;
  int threads_ = 0, idle_ = 0;
};

}  // namespace vivier::rpc
