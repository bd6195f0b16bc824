#include "shared/transport/polling_queue.h"

#include <grpc/support/time.h>

#include <utility>

namespace vivier::transport {
namespace {

thread_local const PollingQueue* polled_here = nullptr;

}  // namespace

void PollingQueue::Start() {
  thread_ = std::thread([this] { Poll(); });
}

void PollingQueue::Run(Task task) {
  if (polled_here == this) return task();
  const absl::MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), &woken_);
}

void PollingQueue::Shutdown() {
  queue_->Shutdown();
  thread_.join();
}

void PollingQueue::Poll() {
  polled_here = this;
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<Event*>(tag)->Happened(ok);
}

void PollingQueue::Woken(bool) {
  std::vector<Task> tasks;
  {
    const absl::MutexLock lock(&mutex_);
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks) task();
}

}  // namespace vivier::transport
