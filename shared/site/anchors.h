// Anchors the chains of each school, at most once a minute and only when an act or a reading moved
// them: where the trails stand goes into the service's own log, whose followers keep it, and the
// ends of all chains into the process's log. Such a line, kept where nobody of the site can write,
// tells a chain that was written anew by who has the school's key too (`vivier verify --anchors`).
// Thread-safe.
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
#include "shared/storage/log/writer.h"

namespace vivier::site {

class Anchors {
 public:
  static constexpr absl::Duration kEvery = absl::Minutes(1);

  // The scheduler and the writer outlive this.
  Anchors(const std::string& service, const std::set<std::string>& schools, Scheduler& scheduler,
          storage::Writer& writer);
  ~Anchors() { End(); }

  void Committed(const std::string& school, const storage::Head& head);
  // Says in the process's log what moved since the last line, and nothing any more.
  void End();

 private:
  struct School {
    std::unique_ptr<Scheduler::Timer> timer;
    // What follows is guarded by the mutex.
    std::optional<storage::Anchor> moved;  // since the last line
    storage::Anchor told;                  // the last line
  };
  void AnchorAt(const std::string& name, School& school);
  // Whether there was something to tell.
  bool Tell(School& school);

  const std::string service_;
  storage::Writer& writer_;
  std::mutex mutex_;
  std::map<std::string, School> schools_;  // which stay the same
};

}  // namespace vivier::site
