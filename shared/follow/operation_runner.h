// Runs the operations of a service (shared/service/operation.h): every interval, or when somebody
// who waits wakes it, it takes what goes on at its schools and puts one step of each through the
// writer, again and again until none is left. Other writes get in between two steps. Two replicas
// may look at the same operation: a step says from which position it was begun, and one that comes
// second does nothing and leaves the operation to the other. Thread-safe.
#pragma once

#include <set>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "shared/base/monitor.h"
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
    absl::Duration interval = absl::Seconds(1);  // infinite: only when it is woken
  };

  explicit OperationRunner(Options options);
  ~OperationRunner() { Stop(); }

  void Wake();
  // Ends behind the step that runs.
  void Stop();

  // Runs what goes on as far as it can now and waits for it; gives how many steps were done.
  int RunOnce();

 private:
  void Loop();
  int RunRound(const std::string& school);
  bool RunStep(const std::string& school, const storage::Operation& operation);
  bool stopping();

  const Options options_;
  Monitor monitor_;  // guards what follows
  bool stopping_ = false;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace vivier::follow
