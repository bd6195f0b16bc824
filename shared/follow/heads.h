// Notices what other processes commit to the same database: replicas on PostgreSQL, whose commits
// nobody tells us. One statement reads where the logs of all schools stand, and a school whose head
// has moved is told of. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/readers.h"

namespace vivier::follow {

class Heads {
 public:
  // Whoever commits also does what is due by it, so this matters only when they died in between: no
  // row, operation, erasure or delivery waits longer for another to take it over.
  static constexpr absl::Duration kInterval = absl::Seconds(30);

  struct Options {
    std::string service;
    std::set<std::string> schools;
    rpc::Readers* readers;
    Scheduler* scheduler;
    std::function<void(const std::string& school)> moved;
  };

  explicit Heads(Options options);

  void Begin() { timer_.In(absl::ZeroDuration()); }
  void End() { timer_.Close(); }

  // Looks now. Not while a look that began by itself is under way.
  void RunOnce();

 private:
  // The numbers of a school's last event and last audit record.
  using Numbers = std::pair<int64_t, int64_t>;
  absl::StatusOr<std::map<std::string, Numbers>> Read() const;

  const Options options_;
  std::map<std::string, Numbers> seen_;  // only the look's that runs
  Scheduler::Timer timer_;
};

}  // namespace vivier::follow
