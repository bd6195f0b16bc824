#include "shared/follow/operation_runner.h"

#include <optional>
#include <utility>

#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/rpc/with_reason.h"
#include "shared/storage/log/operation_states.h"
#include "shared/storage/log/perform.h"

namespace vivier::follow {
namespace {

// Another run may end well; of a refusal in a step's own words that cannot be said.
bool IsPassing(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsAborted(error) || absl::IsResourceExhausted(error);
}

// One step as its transaction sees it: done, refused, or another's.
class Step {
 public:
  Step(const rpc::Operation& operation, const storage::Operation& seen)
      : operation_(operation), seen_(seen) {}

  // Runs it, or ends the operation with `error` where there is one. A refusal ends it in the same
  // transaction, for nothing of the step was sent.
  absl::Status Run(storage::Transaction& transaction, absl::Time now, absl::Status error) {
    ASSIGN_OR_RETURN(std::optional<storage::Operation> stored,
                     storage::FindOperation(transaction, seen_.name));
    is_ours_ = stored.has_value() &&
               MayDo(storage::kOperationTransitions, storage::StateOf(*stored), "FinishStep") &&
               stored->position == seen_.position;
    if (!is_ours_) return absl::OkStatus();
    if (error.ok()) error = rpc::RunStep(operation_, transaction, *stored, now);
    ended_ = error;
    RETURN_IF_ERROR(transaction.connection().Health());
    if (error.ok() || absl::IsUnavailable(error)) return error;
    return rpc::FailOperation(transaction, *stored, rpc::WithReason(error), now);
  }

  bool is_ours() const { return is_ours_; }
  const absl::Status& ended() const { return ended_; }

 private:
  const rpc::Operation& operation_;
  const storage::Operation& seen_;
  bool is_ours_ = false;
  absl::Status ended_;
};

void LogEnd(const storage::Operation& operation, const absl::Status& error) {
  if (error.ok() && operation.position + 1 < operation.steps) return;
  LogOutcome(Traceparent::Parse(operation.traceparent).value_or(Traceparent::New()),
             operation.method, operation.name, error);
}

}  // namespace

OperationRunner::OperationRunner(Options options) : options_(std::move(options)) {
  for (const std::string& school : options_.schools)
    timers_.try_emplace(school, *options_.scheduler, Scheduler::Lane::kHouse,
                        [this, school] { Run(school, timers_.at(school)); });
}

void OperationRunner::Begin() {
  begun_ = true;
  for (auto& [school, timer] : timers_) timer.In(absl::ZeroDuration());
}

void OperationRunner::LookAt(const std::string& school) {
  if (begun_) Wake(school);
}

void OperationRunner::Wake(const std::string& school) {
  const auto timer = timers_.find(school);
  if (timer != timers_.end()) timer->second.In(absl::ZeroDuration());
}

void OperationRunner::Stop() {
  stopping_ = true;
  for (auto& [school, timer] : timers_) timer.Close();
}

// One round at a time, so that no school waits for another's file.
void OperationRunner::Run(const std::string& school, Scheduler::Timer& timer) {
  const absl::StatusOr<std::vector<storage::Operation>> running = Running(school);
  if (running.ok() && running->empty()) return;
  const bool goes_on = running.ok() && RunRound(school, *running) > 0;
  timer.In(goes_on ? absl::ZeroDuration() : kTryAgain);
}

int OperationRunner::RunOnce() {
  int steps = 0, before = -1;
  while (steps != before) {
    before = steps;
    for (const std::string& school : options_.schools)
      if (const auto running = Running(school); running.ok()) steps += RunRound(school, *running);
  }
  return steps;
}

absl::StatusOr<std::vector<storage::Operation>> OperationRunner::Running(
    const std::string& school) {
  std::vector<storage::Operation> running;
  const absl::Status read =
      options_.readers->Read(school, [&](storage::Transaction& snapshot) -> absl::Status {
        ASSIGN_OR_RETURN(running, storage::RunningOperations(snapshot));
        return absl::OkStatus();
      });
  if (read.ok()) return running;
  Log(LogLevel::kWarning, "operations could not be looked at",
      {{"service", options_.service->name()}, {"error", read.message()}});
  return read;
}

// One step of each operation; gives how many it did itself.
int OperationRunner::RunRound(const std::string& school,
                              const std::vector<storage::Operation>& running) {
  int done = 0;
  for (const storage::Operation& operation : running)
    done += !stopping_ && RunStep(school, operation) ? 1 : 0;
  return done;
}

// Whether this step was done, or the operation ended, by us.
bool OperationRunner::RunStep(const std::string& school, const storage::Operation& operation) {
  const auto kind = options_.service->operations().find(operation.method);
  if (kind == options_.service->operations().end()) return false;  // a newer binary's
  const TraceScope scope(Traceparent::Parse(operation.traceparent).value_or(Traceparent::New()));
  Step step(kind->second, operation);
  const auto perform = [&](const absl::Status& error) {
    return storage::Perform(*options_.writer, school,
                            [&](storage::Transaction& transaction, absl::Time now) {
                              return step.Run(transaction, now, error);
                            });
  };
  absl::Status stored = perform(absl::OkStatus());
  // The database itself said no: the transaction is lost, so the end needs one of its own.
  if (!stored.ok() && !IsPassing(stored)) stored = perform(stored);
  if (!stored.ok()) {
    Log(LogLevel::kWarning, "an operation waits",
        {{"operation", operation.name}, {"error", stored.message()}});
    return false;
  }
  if (step.is_ours()) LogEnd(operation, step.ended());
  return step.is_ours();
}

}  // namespace vivier::follow
