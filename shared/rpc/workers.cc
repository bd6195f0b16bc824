#include "shared/rpc/workers.h"

#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "shared/base/error.h"

namespace vivier::rpc {
namespace {

constexpr char kQueue[] = "workers";  // what a refusal for load calls it

}  // namespace

Workers::~Workers() {
  std::unique_lock<std::mutex> lock(mutex_);
  stopping_ = true;
  has_work_.notify_all();
  has_ended_.wait(lock, [this] { return threads_ == 0; });
}

void Workers::CallSomebody() {
  if (static_cast<size_t>(idle_) >= lines_.size() || threads_ == threads_max_)
    return has_work_.notify_one();  // a Monitor would wake every idle worker for one task
  ++threads_;
  std::thread([this] { Loop(); }).detach();  // counted, and the destructor waits for it
}

void Workers::Submit(const std::string& school, absl::string_view share, Task task) {
  std::vector<Task> shed;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    std::optional<Task> newest;
    if (lines_.size() >= kQueueMax) newest = lines_.TakeNewest(school);
    if (newest.has_value()) shed.push_back(*std::move(newest));
    if (stopping_ || lines_.size() >= kQueueMax) {
      shed.push_back(std::move(task));
    } else {
      for (Task& more : lines_.Add(school, share, std::move(task), absl::Now()))
        shed.push_back(std::move(more));
      CallSomebody();
    }
  }
  for (const Task& one : shed) one.refuse(Overloaded(kQueue));
}

absl::Status Workers::Submit(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return Unavailable("the service is stopping");
    lines_.Add("", "", {std::move(task), nullptr}, absl::Now());
    CallSomebody();
  }
  return absl::OkStatus();
}

int Workers::threads() {
  std::lock_guard<std::mutex> lock(mutex_);
  return threads_;
}

bool Workers::WaitForWork(std::unique_lock<std::mutex>& lock) {
  ++idle_;
  has_work_.wait_for(lock, absl::ToChronoNanoseconds(idle_max_),
                     [this] { return stopping_ || !lines_.empty(); });
  --idle_;
  return !lines_.empty();
}

void Workers::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (WaitForWork(lock)) {
    std::vector<SchoolLines<Task>::Taken> taken = lines_.Take(1, absl::Now());
    lock.unlock();
    taken.front().item.run();
    taken.clear();
    lock.lock();
  }
  --threads_;
  has_ended_.notify_all();  // under the mutex, which is destroyed next
}

}  // namespace vivier::rpc
