#include "shared/transport/polling_queue.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace vivier::transport {
namespace {

thread_local const PollingQueue* polled_here = nullptr;

// Whoever waited longer for a tag has taken the first that came.
constexpr absl::Duration kWaited = absl::Microseconds(100);
// Each time that gRPC looks, it reads of one connection; none of its calls may be whole yet.
constexpr int kEmptyMax = 8;
// Then calls are served, whatever else has come.
constexpr absl::Duration kCollectMax = absl::Milliseconds(10);

}  // namespace

void WaitingCalls::Serve(absl::Time start) {
  for (const std::shared_ptr<WaitingCall>& call : line_.Shed(absl::Now())) call->Shed();
  absl::Time now = absl::Now();
  for (const absl::Time end = now + std::max(kSlice, now - start); !line_.empty() && now < end;
       now = absl::Now())
    line_.Take(now)->item->Begin();
}

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
  looked_ = absl::Now();
  while (true) {
    if (waiting_.empty() && !Next()) return;
    ++beats_;
    if (waiting_.empty() && absl::Now() - looked_ < WaitingCalls::kSlice) continue;
    const absl::Time start = absl::Now();
    if (!Collect()) return;
    // Half of the time goes to what is served, however much there is to refuse.
    if (!waiting_.empty()) waiting_.Serve(start);
  }
}

// Waits for one tag. False when the queue is shut down.
bool PollingQueue::Next() {
  const absl::Time before = absl::Now();
  void* tag = nullptr;
  bool ok = false;
  if (!queue_->Next(&tag, &ok)) return false;
  if (const absl::Time now = absl::Now(); now - before > kWaited) looked_ = now;
  static_cast<Event*>(tag)->Happened(ok);
  return true;
}

// Takes all tags that have come. False when the queue is shut down.
bool PollingQueue::Collect() {
  collecting_ = true;
  void* tag = nullptr;
  bool ok = false;
  auto next = grpc::CompletionQueue::GOT_EVENT;
  int empty = 0;
  absl::Time now = absl::Now();
  for (const absl::Time end = now + kCollectMax; empty < kEmptyMax && now < end;
       now = absl::Now()) {
    next = queue_->AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    if (next == grpc::CompletionQueue::SHUTDOWN) break;
    empty = next == grpc::CompletionQueue::GOT_EVENT ? 0 : empty + 1;
    if (empty == 0) static_cast<Event*>(tag)->Happened(ok);
  }
  collecting_ = false;
  if (empty == kEmptyMax) looked_ = now;
  return next != grpc::CompletionQueue::SHUTDOWN;
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
