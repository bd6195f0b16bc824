// Connections are opened when readings meet, used again, and closed when no rush needs them.
#include "shared/rpc/readers.h"

#include "gtest/gtest.h"
#include "tests/support/engines.h"

namespace vivier::rpc {
namespace {

class CountedDatabase final : public storage::Database {
 public:
  storage::Engine engine() const override { return database_->engine(); }
  absl::StatusOr<std::unique_ptr<storage::Connection>> Connect(storage::Access access) override {
    ++connected;
    return database_->Connect(access);
  }
  absl::StatusOr<storage::StorageCheck> CheckStorage() override {
    return database_->CheckStorage();
  }

  int connected = 0;

 private:
  const std::unique_ptr<storage::Database> database_ =
      testing::FreshDatabase(storage::Engine::kSqlite);
  // Whose file a reader needs.
  const std::unique_ptr<storage::Connection> writer_ = *database_->Connect(storage::Access::kWrite);
};

class ReadersTest : public ::testing::Test {
 protected:
  // So many readings, each begun within the one before.
  void ReadTogether(int readings) {
    if (readings == 0) return;
    EXPECT_EQ(readers_.Read("nancy",
                            [&](storage::Transaction&) {
                              ReadTogether(readings - 1);
                              return absl::OkStatus();
                            }),
              absl::OkStatus());
  }
  int Connected() { return std::exchange(database_.connected, 0); }

  CountedDatabase database_;
  absl::Time now_ = absl::UnixEpoch();
  Readers readers_{database_, nullptr, [this] { return now_; }};
};

TEST_F(ReadersTest, AConnectionIsUsedAgain) {
  ReadTogether(3);
  EXPECT_EQ(Connected(), 3);
  ReadTogether(3);
  EXPECT_EQ(Connected(), 0);
}

TEST_F(ReadersTest, WhatARushLeftBehindIsClosed) {
  ReadTogether(3);
  now_ += Readers::kIdleMax / 2;
  ReadTogether(1);
  now_ += Readers::kIdleMax / 2;
  ReadTogether(1);  // each return closes one
  ReadTogether(1);
  EXPECT_EQ(Connected(), 3);
  ReadTogether(3);
  EXPECT_EQ(Connected(), 2);
}

TEST_F(ReadersTest, TheLastOneStays) {
  ReadTogether(1);
  now_ += 10 * Readers::kIdleMax;
  ReadTogether(1);
  ReadTogether(1);
  EXPECT_EQ(Connected(), 1);
}

}  // namespace
}  // namespace vivier::rpc
