#include "tests/bench/load.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "shared/transport/channel.h"
#include "tests/bench/process.h"

namespace vivier::bench {
namespace {

// 256 callers of one transaction each wait a quarter of a second; a stuck server shall fail the
// run, not hang it.
constexpr absl::Duration kCallTimeout = absl::Seconds(20);
// How long a caller who was refused for load waits, at most, before they ask again.
constexpr absl::Duration kRest = absl::Milliseconds(10);

class Run {
 public:
  Run(const Load& load, absl::Time end) : load_(load), end_(end), asking_(load.callers) {}

  void Ask(rpc::Channel& channel) {
    const std::optional<std::string> request = Next();
    if (!request) return;
    channel.Start(load_.path, *request, {kCallTimeout, load_.target->authorization, ""},
                  [this, &channel, start = absl::Now()](absl::StatusOr<std::string> answer) {
                    if (Count(channel, answer.status(), absl::Now() - start)) Ask(channel);
                  });
  }

  // How long each answer took, once all have come.
  absl::StatusOr<std::vector<double>> Wait() {
    while (!IsOverSoon()) {
      for (rpc::Channel* channel : TakeResting()) Ask(*channel);
    }
    absl::MutexLock lock(&mutex_);
    if (!error_.ok()) return error_;
    return std::move(microseconds_);
  }

 private:
  bool IsOver() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return asking_ == 0; }

  bool IsOverSoon() {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(this, &Run::IsOver), kRest);
  }

  std::vector<rpc::Channel*> TakeResting() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(resting_, {});
  }

  std::optional<std::string> Next() {
    absl::MutexLock lock(&mutex_);
    std::optional<std::string> request;
    if (error_.ok() && absl::Now() < end_) request = load_.next();
    if (!request) --asking_;
    return request;
  }

  // Whether the caller asks again at once.
  bool Count(rpc::Channel& channel, const absl::Status& status, absl::Duration took) {
    absl::MutexLock lock(&mutex_);
    if (status.ok()) {
      microseconds_.push_back(absl::ToDoubleMicroseconds(took));
      return true;
    }
    if (absl::IsResourceExhausted(status)) {  // refused for load: no answer, no error
      resting_.push_back(&channel);
      return false;
    }
    if (error_.ok()) error_ = status;
    --asking_;
    return false;
  }

  const Load& load_;
  const absl::Time end_;
  absl::Mutex mutex_;
  int asking_ ABSL_GUARDED_BY(mutex_);
  std::vector<rpc::Channel*> resting_ ABSL_GUARDED_BY(mutex_);
  std::vector<double> microseconds_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

Target Dial(pid_t process, const std::string& address, const std::string& authorization,
            int connections, bool holds_back) {
  Target target;
  target.process = process;
  target.authorization = authorization;
  for (int i = 0; i < connections; ++i)
    target.channels.push_back(transport::Connect(
        {.target = address, .tls = std::nullopt, .retry = false, .holds_back = holds_back}));
  return target;
}

absl::StatusOr<Outcome> Drive(const Load& load, absl::Duration time) {
  Outcome outcome;
  const double processor = ProcessorSeconds(load.target->process);
  outcome.start = absl::Now();
  Run run(load, outcome.start + time);
  const auto& channels = load.target->channels;
  for (int i = 0; i < load.callers; ++i)
    run.Ask(*channels[static_cast<size_t>(i) % channels.size()]);
  absl::StatusOr<std::vector<double>> answers = run.Wait();
  if (!answers.ok()) return answers.status();
  outcome.end = absl::Now();
  outcome.processor_seconds = ProcessorSeconds(load.target->process) - processor;
  outcome.answers = static_cast<int>(answers->size());
  outcome.microseconds = *std::move(answers);
  return outcome;
}

}  // namespace vivier::bench
