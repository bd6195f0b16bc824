// Reader connections of one database, kept open and handed to one reading at a time, the one used
// last first; one that a rush left behind is closed. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/unit.h"

namespace vivier::rpc {

class Readers {
 public:
  // A connection takes some 150 KB, and 0.3 ms to open again.
  static constexpr absl::Duration kIdleMax = absl::Seconds(10);

  Readers(storage::Database& database, const security::SchoolKey* school_key,
          std::function<absl::Time()> now = absl::Now)
      : database_(database), school_key_(school_key), now_(std::move(now)) {}

  // Runs `read` on one snapshot of the school's rows; READ_TOO_LARGE beyond the budget of a reading
  // (read_budget.h), unless `access` says that it reads long on purpose.
  absl::Status Read(const std::string& school,
                    const std::function<absl::Status(storage::Transaction&)>& read,
                    storage::Access access = storage::Access::kRead);

  storage::Database& database() const { return database_; }
  storage::Engine engine() const { return database_.engine(); }
  const security::SchoolKey* school_key() const { return school_key_; }
  absl::StatusOr<storage::StorageCheck> CheckStorage() { return database_.CheckStorage(); }

 private:
  struct Idle {
    std::unique_ptr<storage::Connection> connection;
    absl::Time since;
  };

  absl::StatusOr<std::unique_ptr<storage::Connection>> Take();
  void Keep(std::unique_ptr<storage::Connection> connection);

  storage::Database& database_;
  const security::SchoolKey* const school_key_;
  const std::function<absl::Time()> now_;
  Monitor monitor_;        // guards what follows
  std::deque<Idle> idle_;  // the one that was used last is the last
};

}  // namespace vivier::rpc
