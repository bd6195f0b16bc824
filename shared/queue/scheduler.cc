#include "shared/queue/scheduler.h"

#include <algorithm>
#include <chrono>

namespace vivier {

Scheduler::~Scheduler() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  sooner_.notify_one();
  if (thread_.joinable()) thread_.join();
}

absl::Time Scheduler::SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

void Scheduler::Begin() {
  thread_ = std::thread([this] { Loop(); });
}

void Scheduler::Loop() {
  while (true) {
    const absl::Duration patience = Turn();
    std::unique_lock<std::mutex> lock(mutex_);
    const auto is_time = [this] { return stopping_ || is_sooner_; };
    if (patience == absl::InfiniteDuration())
      sooner_.wait(lock, is_time);
    else
      sooner_.wait_for(lock, absl::ToChronoNanoseconds(patience), is_time);
    if (stopping_) return;
  }
}

absl::Duration Scheduler::Turn() {
  std::vector<Timer*> started;
  const absl::Time machine = options_.machine(), site = options_.site();
  absl::Duration patience;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_sooner_ = false;
    TakeDue(by_machine_, machine);
    TakeDue(by_site_, site);
    for (size_t lane = 0; lane < waiting_.size(); ++lane) {
      for (; running_[lane] < kAtOnce[lane] && !waiting_[lane].empty(); ++running_[lane]) {
        Timer* const timer = waiting_[lane].front();
        waiting_[lane].pop_front();
        timer->state_ = Timer::State::kRunning;
        timer->machine_ = timer->site_ = absl::InfiniteFuture();
        started.push_back(timer);
      }
    }
    patience = Patience(machine, site);
  }
  for (Timer* const timer : started)
    if (!options_.run([this, timer] { Run(*timer); }).ok()) Finish(*timer);
  return patience;
}

void Scheduler::TakeDue(Queue& queue, absl::Time now) {
  while (!queue.empty() && queue.begin()->first <= now) {
    Timer& timer = *queue.begin()->second;
    Dequeue(timer);
    timer.state_ = Timer::State::kWaiting;
    waiting(timer).push_back(&timer);
  }
}

absl::Duration Scheduler::Patience(absl::Time machine, absl::Time site) const {
  absl::Duration patience = absl::InfiniteDuration();
  if (!by_machine_.empty()) patience = by_machine_.begin()->first - machine;
  if (!by_site_.empty())
    patience = std::min({patience, by_site_.begin()->first - site, options_.look_again});
  return patience;
}

void Scheduler::Run(Timer& timer) {
  timer.task_();
  Finish(timer);
}

void Scheduler::Finish(Timer& timer) {
  std::lock_guard<std::mutex> lock(mutex_);
  --running(timer);
  timer.state_ = Timer::State::kResting;
  if (!timer.closed_) Enqueue(timer);
  if (!waiting(timer).empty()) is_sooner_ = true;
  if (is_sooner_) sooner_.notify_one();
  finished_.notify_all();  // under the mutex: whoever is woken may destroy the scheduler
}

void Scheduler::Set(Timer& timer, absl::Time machine, absl::Time site) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (timer.closed_ || timer.state_ == Timer::State::kWaiting) return;
  if (machine >= timer.machine_ && site >= timer.site_) return;
  if (timer.state_ == Timer::State::kResting) Dequeue(timer);
  timer.machine_ = std::min(timer.machine_, machine);
  timer.site_ = std::min(timer.site_, site);
  if (timer.state_ != Timer::State::kResting) return;
  Enqueue(timer);
  if (is_sooner_) sooner_.notify_one();
}

void Scheduler::Close(Timer& timer) {
  std::unique_lock<std::mutex> lock(mutex_);
  timer.closed_ = true;
  if (timer.state_ == Timer::State::kResting) Dequeue(timer);
  if (timer.state_ == Timer::State::kWaiting) {
    std::erase(waiting(timer), &timer);
    timer.state_ = Timer::State::kResting;
  }
  finished_.wait(lock, [&timer] { return timer.state_ == Timer::State::kResting; });
}

void Scheduler::Enqueue(Timer& timer) {
  const auto add = [&](Queue& queue, absl::Time time) {
    if (time == absl::InfiniteFuture()) return;
    if (queue.empty() || time < queue.begin()->first) is_sooner_ = true;
    queue.emplace(time, &timer);
  };
  add(by_machine_, timer.machine_);
  add(by_site_, timer.site_);
}

void Scheduler::Dequeue(Timer& timer) {
  by_machine_.erase({timer.machine_, &timer});
  by_site_.erase({timer.site_, &timer});
}

}  // namespace vivier
