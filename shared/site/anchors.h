// Says in the process's log where the event log and the audit trail of each school stand, at most
// once a minute and only when they moved. Such a line, kept where nobody of the site can write, is
// an anchor: who has the school's key too can write a chain anew, but not the one that was there
// (`vivier verify --anchors`). Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "shared/queue/scheduler.h"
#include "shared/storage/log/anchor.h"

namespace vivier::site {

class Anchors {
 public:
  static constexpr absl::Duration kEvery = absl::Minutes(1);

  // The scheduler outlives this.
  Anchors(const std::string& service, const std::set<std::string>& schools, Scheduler& scheduler);
  ~Anchors() { End(); }

  void Committed(const std::string& school, const storage::Head& head);
  // Tells of all that moved since the last line, and of nothing any more.
  void End();

 private:
  struct School {
    std::unique_ptr<Scheduler::Timer> timer;
    std::optional<storage::Anchor> moved;  // since the last line; guarded by the mutex
  };
  void Tell(School& school);

  const std::string service_;
  std::mutex mutex_;
  std::map<std::string, School> schools_;  // which stay the same
};

}  // namespace vivier::site
