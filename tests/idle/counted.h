// A database that counts what it is asked.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "shared/storage/engines/database.h"

namespace vivier::testing {

// Thread-safe, its connections as far as those of any database.
class Counted : public storage::Database {
 public:
  explicit Counted(std::unique_ptr<storage::Database> database) : database_(std::move(database)) {}

  storage::Engine engine() const override { return database_->engine(); }
  absl::StatusOr<std::unique_ptr<storage::Connection>> Connect(storage::Access access) override;
  absl::StatusOr<storage::StorageCheck> CheckStorage() override {
    return database_->CheckStorage();
  }

  // Statements since the last time that this was asked.
  int64_t Statements() { return statements_.exchange(0); }

 private:
  const std::unique_ptr<storage::Database> database_;
  std::atomic<int64_t> statements_ = 0;
};

}  // namespace vivier::testing
