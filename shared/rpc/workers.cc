#include "shared/rpc/workers.h"

#include <utility>

#include "shared/base/error.h"

namespace vivier::rpc {

Workers::Workers(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

Workers::~Workers() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

absl::Status Workers::Submit(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return Unavailable("the service is stopping");
    if (tasks_.size() >= kQueueMax)
      return Error(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                   "too many requests wait; come back later");
    tasks_.push_back(std::move(task));
  }
  has_work_.notify_one();  // a Monitor would wake every idle worker for one task
  return absl::OkStatus();
}

void Workers::Loop() {
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      has_work_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace vivier::rpc
