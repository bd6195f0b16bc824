// A bounded pool of threads for what may block: PostgreSQL reads, Redis misses, other services.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace vivier::rpc {

class Workers {
 public:
  // Two seconds of work for one thread at a millisecond a task: beyond it a caller is better told
  // to come back.
  static constexpr size_t kQueueMax = 2048;

  explicit Workers(int threads);
  ~Workers();

  // RESOURCE_EXHAUSTED when the queue is full; then `task` is not run.
  absl::Status Submit(std::function<void()> task);

 private:
  void Loop();

  std::mutex mutex_;  // guards what follows
  std::condition_variable has_work_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vivier::rpc
