// Runs the operations of a service (shared/service/operation.h): when one begins, or when somebody
// who waits wakes it, it takes what goes on at that school and puts one step of each through the
// writer, again and again until none is left. Other writes get in between two steps. Two replicas
// may look at the same operation: a step says from which position it was begun, and one that comes
// second does nothing and leaves the operation to the other. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/operations.h"
#include "shared/storage/log/writer.h"

namespace vivier::follow {

class OperationRunner {
 public:
  struct Options {
    const rpc::Service* service;
    std::set<std::string> schools;
    storage::Writer* writer;
    rpc::Readers* readers;
    Scheduler* scheduler;
  };
  // What goes on and could not go on now is tried again so often.
  static constexpr absl::Duration kTryAgain = absl::Seconds(1);

  explicit OperationRunner(Options options);
  ~OperationRunner() { Stop(); }

  // Runs what goes on and what begins from now on; without, only where somebody wakes it.
  void Begin();
  // An operation began there, or may have.
  void LookAt(const std::string& school);
  void Wake(const std::string& school);
  // Ends behind the step that runs.
  void Stop();

  // Runs what goes on as far as it can now and waits for it; gives how many steps were done.
  int RunOnce();

 private:
  void Run(const std::string& school, Scheduler::Timer& timer);
  absl::StatusOr<std::vector<storage::Operation>> Running(const std::string& school);
  int RunRound(const std::string& school, const std::vector<storage::Operation>& running);
  bool RunStep(const std::string& school, const storage::Operation& operation);

  const Options options_;
  std::atomic<bool> begun_ = false, stopping_ = false;
  std::map<std::string, Scheduler::Timer> timers_;  // of each school
};

}  // namespace vivier::follow
