// What a service does without being asked: ticks, operations, deliveries and housekeeping. All of
// it waits in the process's scheduler and is woken by commits, those of this process by the
// writer's observer, those of others by what the heads of the logs show. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/follow/delivery.h"
#include "shared/follow/heads.h"
#include "shared/follow/operation_runner.h"
#include "shared/follow/ticker.h"
#include "shared/process/housekeeping.h"
#include "shared/process/readings_end.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/site/anchors.h"
#include "shared/storage/log/writer.h"

namespace vivier::site {

class Keepers {
 public:
  enum class Committers { kThisProcess, kReplicas };
  struct Options {
    const rpc::Service* service;
    std::set<std::string> schools;
    std::string data;  // its folder
    storage::Writer* writer;
    rpc::Readers* readers;
    Scheduler* scheduler;
    Committers committers;
    std::function<absl::Time()> machine, site;  // the clocks
    int reading_months = Readings().months;
  };

  // Before the first commit, which they are told of. Nothing is done by itself before Begin, save
  // that an operation goes on when somebody waits for it.
  explicit Keepers(const Options& options);

  // Erases whom the list outside the database names.
  absl::Status ApplyList() { return housekeeping_.ApplyList(); }

  void Begin();
  // Begins with what was not delivered yet.
  void Deliver(follow::Delivery::Options options);
  // Waits for what is under way; nothing is done by itself any more.
  void End();

  void Committed(const storage::Transaction& transaction);
  // Another process committed something there.
  void LookAt(const std::string& school);

  // Does what is due by now and waits for it; gives how many rows were handled.
  int RunTicks();
  absl::Status KeepHouse() { return housekeeping_.RunOnce(); }

  follow::OperationRunner* operations() { return operations_.get(); }

 private:
  void WakeDeliveries(const std::string& school);

  Housekeeping housekeeping_;
  follow::Ticker ticker_;
  Anchors anchors_;
  std::unique_ptr<follow::OperationRunner> operations_;  // null where the service has none
  std::unique_ptr<follow::Heads> heads_;                 // null where nobody else commits
  Monitor monitor_;                                      // guards what follows
  std::map<std::string, std::vector<std::unique_ptr<follow::Delivery>>> deliveries_;  // by school
};

}  // namespace vivier::site
