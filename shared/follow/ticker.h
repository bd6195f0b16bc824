// Runs the ticks of a service: puts each row that is due through the writer in an ordinary
// transaction, whose handler reads the row again. Two replicas may find the same row: the second
// one's handler sees that its time was moved. When a school's next row is due is read once, and
// again after a commit that changed such rows; until then nobody looks. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"

namespace vivier::follow {

class Ticker {
 public:
  // Rows of one tick that are taken at a time: the writer serves requests in between.
  static constexpr int kRowsMax = 100;
  // A look serves all commits of that time.
  static constexpr absl::Duration kGather = absl::Milliseconds(50);
  // A row that was due is looked for once more, in case its handler failed.
  static constexpr absl::Duration kTryAgain = absl::Seconds(1);

  struct Options {
    const rpc::Service* service;
    std::set<std::string> schools;
    storage::Writer* writer;
    rpc::Readers* readers;
    Scheduler* scheduler;
    std::function<absl::Time()> now = absl::Now;  // the site's clock
  };

  explicit Ticker(Options options);

  // Handles what is due from now on.
  void Begin();
  // Waits for what is being handled; nothing is handled by itself any more.
  void End();

  // These rows of the school were committed.
  void Changed(const std::string& school, const std::vector<storage::RowKey>& rows);
  // Somebody else has committed something there.
  void LookAt(const std::string& school);

  // Runs every tick once for all that is due now and waits for it; gives how many rows were
  // handled.
  int RunOnce();

 private:
  struct Found {
    std::vector<std::string> due;
    absl::Time next = absl::InfiniteFuture();  // when a later row is due
  };
  void Look(const std::string& school, Scheduler::Timer& timer);
  absl::StatusOr<Found> Find(const rpc::TickRow& tick, const std::string& school);
  int Handle(const rpc::TickRow& tick, const std::string& school,
             const std::vector<std::string>& due);

  const Options options_;
  std::set<const storage::Schema*> watched_;
  std::atomic<bool> begun_ = false;
  std::map<std::string, Scheduler::Timer> timers_;  // of each school, where the service has ticks
};

}  // namespace vivier::follow
