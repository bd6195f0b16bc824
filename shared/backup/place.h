// What differs between the engines when databases are set in place of others. Thread-safe: every
// function opens what it needs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vivier::backup {

struct Target;

// Holds for its life that no process of the site writes the databases of `target`.
class Alone {
 public:
  // FAILED_PRECONDITION, STILL_RUNNING, while one does.
  static absl::StatusOr<std::unique_ptr<Alone>> Take(const Target& target);
  ~Alone();

 private:
  std::vector<int> locks_;  // SQLite: the files that each writer locks
};

// Where a restore puts the rows of a service until all are in, for storage::Database::Open.
std::string StagingUrl(const Target& target, const std::string& service);

// Removes what an interrupted restore left behind.
absl::Status ClearStaging(const Target& target, const std::vector<std::string>& services);

// Whether any of the services has data there. FAILED_PRECONDITION, TARGET_NOT_EMPTY, where a file
// belongs to none of them: the swap would take it away.
absl::StatusOr<bool> HasData(const Target& target, const std::vector<std::string>& services);

// Puts the staged databases in place and those before them aside, in one step.
absl::Status Swap(const Target& target, const std::vector<std::string>& services, absl::Time now);

}  // namespace vivier::backup
