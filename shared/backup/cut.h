// All databases of a school at one instant, read without holding any writer up.
//
// On PostgreSQL one transaction sees every schema at one instant. On SQLite each file has a
// snapshot of its own, so all are opened one after another between two looks at each file's commit
// counter; when no counter moved, there was an instant between the looks at which every file was as
// its snapshot shows it, and else they are opened anew:
//
//   counter of each ─▶ snapshot of each ─▶ counter of each again: all the same? ── no ─▶ again
//
// So no service has applied an event that its producer's log does not hold, and none refers to a
// resource that another one does not have yet. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"
#include "vivier/backup/v1/backup.pb.h"

namespace vivier::backup {

// Where a service keeps its data, for storage::Database::Open. On PostgreSQL every service has a
// schema of its name in the same database.
struct Source {
  std::string service;
  std::string url;
};

class Cut {
 public:
  // One service at that instant. The connection is shared on PostgreSQL.
  struct Part {
    std::string service;
    std::string schema;
    storage::Connection* connection;
  };

  // Of the sources that have data. FAILED_PRECONDITION when none has; UNAVAILABLE when commits
  // leave no gap.
  static absl::StatusOr<std::unique_ptr<Cut>> Take(const std::vector<Source>& sources);

  const std::vector<Part>& parts() const { return parts_; }
  const Part* Find(const std::string& service) const;

  // Ends the snapshot of a part that was read, so that its file's log can start again.
  void Release(const Part& part);

 private:
  struct Opened {
    std::unique_ptr<storage::Database> database;
    std::unique_ptr<storage::Connection> reader, watcher;
  };

  absl::Status Open(const Source& source);
  absl::Status OpenSnapshots();
  absl::StatusOr<std::vector<int64_t>> Counters();

  std::vector<Opened> opened_;
  std::vector<Part> parts_;
};

// Whether the part's chain in that table holds that link; one of number 0 always.
absl::StatusOr<bool> HoldsLink(const Cut::Part& part, const std::string& table,
                               const std::string& school, int64_t number, const std::string& hash);

// Where the part's logs and trails end, how far it has followed, and its migrations; its
// tables are left empty.
absl::StatusOr<v1::ServiceRows> Describe(const Cut::Part& part);

}  // namespace vivier::backup
