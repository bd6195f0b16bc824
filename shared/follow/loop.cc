#include "shared/follow/loop.h"

#include <iterator>

namespace vivier::follow {

Loop::Loop() : thread_([this] { Run(); }) {}

Loop::~Loop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sooner_.notify_one();
  thread_.join();
}

void Loop::After(const void* owner, absl::Duration delay, std::function<void()> task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (leaving_.count(owner) > 0) return;
    const Clock::time_point due = Clock::now() + absl::ToChronoNanoseconds(delay);
    const auto added = tasks_.emplace(std::pair(due, next_++), Task{owner, std::move(task)}).first;
    first = added == tasks_.begin();
  }
  if (first) sooner_.notify_one();
}

void Loop::Forget(const void* owner) {
  std::unique_lock lock(mutex_);
  leaving_.insert(owner);
  for (auto task = tasks_.begin(); task != tasks_.end();)
    task = task->second.owner == owner ? tasks_.erase(task) : std::next(task);
  rested_.wait(lock, [&] { return running_ != owner; });
  leaving_.erase(owner);
}

void Loop::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      sooner_.wait(lock);
    } else if (const Clock::time_point due = tasks_.begin()->first.first; due > Clock::now()) {
      sooner_.wait_until(lock, due);
    } else {
      Task task = std::move(tasks_.extract(tasks_.begin()).mapped());
      running_ = task.owner;
      lock.unlock();
      task.run();
      task.run = nullptr;  // what it holds goes without the lock
      lock.lock();
      running_ = nullptr;
      rested_.notify_all();
    }
  }
}

}  // namespace vivier::follow
