// Reader connections of one database, kept open and handed to one reading at a time. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/base/monitor.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/unit.h"

namespace vivier::rpc {

class Readers {
 public:
  Readers(storage::Database& database, const security::SchoolKey* school_key)
      : database_(database), school_key_(school_key) {}

  // Runs `read` on one snapshot of the school's rows.
  absl::Status Read(const std::string& school,
                    const std::function<absl::Status(storage::Transaction&)>& read);

 private:
  absl::StatusOr<std::unique_ptr<storage::Connection>> Take();

  storage::Database& database_;
  const security::SchoolKey* const school_key_;
  Monitor monitor_;  // guards what follows
  std::vector<std::unique_ptr<storage::Connection>> idle_;
};

}  // namespace vivier::rpc
