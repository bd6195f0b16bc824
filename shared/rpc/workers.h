// A bounded pool of threads for what may block: PostgreSQL reads, Redis misses, other services. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace vivier::rpc {

class Workers {
 public:
  // Two seconds of work for one thread at a millisecond a task: beyond it a caller is better told to come back.
  static constexpr size_t kQueueMax = 2048;

  explicit Workers(int threads);
  ~Workers();

  // RESOURCE_EXHAUSTED when the queue is full; then `task` is not run.
  absl::Status Submit(std::function<void()> task);

 private:
  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !tasks_.empty(); }

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace vivier::rpc
