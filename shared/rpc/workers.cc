#include "shared/rpc/workers.h"

#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "shared/base/error.h"

namespace vivier::rpc {
namespace {

constexpr char kQueue[] = "workers";  // what a refusal for load calls it

}  // namespace

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
    }
  }
  has_work_.notify_one();  // a Monitor would wake every idle worker for one task
  for (const Task& one : shed) one.refuse(Overloaded(kQueue));
}

absl::Status Workers::Submit(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return Unavailable("the service is stopping");
    lines_.Add("", "", {std::move(task), nullptr}, absl::Now());
  }
  has_work_.notify_one();
  return absl::OkStatus();
}

void Workers::Loop() {
  while (true) {
    std::vector<SchoolLines<Task>::Taken> taken;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      has_work_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
      taken = lines_.Take(1, absl::Now());
    }
    if (taken.empty()) return;
    taken.front().item.run();
  }
}

}  // namespace vivier::rpc
