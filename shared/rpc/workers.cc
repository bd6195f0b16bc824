#include "shared/rpc/workers.h"

#include <sys/resource.h>

#include "shared/base/error.h"

namespace vivier::rpc {
namespace {

constexpr char kQueue[] = "workers";  // what a refusal for load calls it
// What may take long gives way to the threads that poll and write, for which all callers wait: on a
// full machine these get three times as much.
constexpr int kNice = 5;

}  // namespace

void Workers::Stop() {
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
      for (Task& more : lines_.Add(school, share, std::move(task), now_()))
        shed.push_back(std::move(more));
      CallSomebody();
    }
  }
  Refuse(shed);
}

absl::Status Workers::Submit(std::function<void()> task) {
  std::vector<Task> shed;  // of others: this one is not refused
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return Unavailable("the service is stopping");
    shed = lines_.Add("", "", {std::move(task), nullptr}, now_());
    CallSomebody();
  }
  Refuse(shed);
  return absl::OkStatus();
}

void Workers::Refuse(const std::vector<Task>& shed) {
  for (const Task& one : shed) one.refuse(Overloaded(kQueue));
}

int Workers::threads() {
  std::lock_guard<std::mutex> lock(mutex_);
  return threads_;
}

// What is our own bounds itself.
bool Workers::MayRun(absl::string_view share) const {
  if (share.empty()) return true;
  const auto asker = askers_.find(share);
  return asker == askers_.end() || asker->second.usual < kLong ||
         asker->second.running < kLongAtATimeMax;
}

void Workers::Learn(const std::string& share, absl::Duration took) {
  Asker& asker = askers_[share];
  --asker.running;
  asker.usual = (3 * asker.usual + took) / 4;
  if (askers_.size() > kAskersMax)
    absl::erase_if(askers_, [](const auto& one) { return one.second.running == 0; });
}

// Who waits for a task of their own to end is looked at again by the thread that ends it.
std::optional<Workers::Taken> Workers::WaitForWork(std::unique_lock<std::mutex>& lock) {
  std::optional<Taken> taken;
  ++idle_;
  has_work_.wait_for(lock, absl::ToChronoNanoseconds(idle_max_), [&] {
    taken = lines_.TakeIf(now_(), [this](absl::string_view share) { return MayRun(share); });
    return taken.has_value() || (stopping_ && lines_.empty());
  });
  --idle_;
  return taken;
}

void Workers::Loop() {
  setpriority(PRIO_PROCESS, 0, kNice);  // on Linux of this thread alone
  std::unique_lock<std::mutex> lock(mutex_);
  while (std::optional<Taken> taken = WaitForWork(lock)) {
    ++askers_[taken->share].running;
    lock.unlock();
    const absl::Time start = now_();
    taken->item.run();
    taken->item = {};
    const absl::Duration took = now_() - start;
    lock.lock();
    Learn(taken->share, took);
  }
  --threads_;
  if (stopping_) has_work_.notify_all();  // nothing is left for those who waited for others to end
  has_ended_.notify_all();                // under the mutex, which is destroyed next
}

}  // namespace vivier::rpc
