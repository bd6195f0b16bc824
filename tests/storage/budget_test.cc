// What one reading may cost: the engine ends what goes over, and the connection goes on.
#include "absl/time/time.h"
#include "shared/base/error.h"
#include "shared/storage/engines/read_budget.h"
#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

class BudgetTest : public StorageTest {
 protected:
  // Pairs of `rows` things are some five steps each.
  void SetUp() override {
    StorageTest::SetUp();
    if (IsSkipped()) return;
    Begin();
    for (int64_t i = 1; i <= kRows; ++i) ASSERT_EQ(Add(*writer_, i), absl::OkStatus());
    Commit();
  }

  static constexpr int64_t kRows = 1500;
  static constexpr char kSmall[] = "SELECT COUNT(*) FROM things";
  static constexpr char kPairs[] =
      "SELECT COUNT(*) FROM things AS a, things AS b WHERE a.id + b.id > 7";
  static constexpr char kEndless[] =
      "SELECT COUNT(*) FROM things AS a, things AS b, things AS c WHERE a.id + b.id + c.id > 7";
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(BudgetTest)

TEST_P(BudgetTest, WhatGoesOverIsRefusedAndTheConnectionGoesOn) {
  const auto reader = Connect(Access::kRead);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    const absl::Status status = reader->Query(kEndless).status();
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(ReasonOf(status), "READ_TOO_LARGE");
    EXPECT_EQ(ReasonOf(reader->Query(kSmall).status()), "READ_TOO_LARGE") << "poisoned";
    reader->Rollback();
    ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    EXPECT_EQ(std::get<int64_t>(Run(*reader, kSmall).rows[0][0]), kRows);
    EXPECT_EQ(reader->Commit(), absl::OkStatus());
  }
}

TEST_P(BudgetTest, StatementsOfOneTransactionAddUp) {
  const auto reader = Connect(Access::kRead);
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  const std::string some =
      "SELECT COUNT(*) FROM things AS a, things AS b WHERE a.id < 40 AND "
      "a.id + b.id > 7";
  int done = 0;
  while (done < 100 && reader->Query(some).ok()) ++done;
  EXPECT_GT(done, 0);
  EXPECT_LT(done, 100);
}

TEST_P(BudgetTest, WhoReadsLongOnPurposeIsNotBounded) {
  const auto reader = Connect(Access::kRead);
  ASSERT_EQ(reader->Begin(Access::kLongRead), absl::OkStatus());
  if (GetParam() == Engine::kSqlite) {
    EXPECT_EQ(reader->Query(kPairs).status(), absl::OkStatus());
    reader->Rollback();
    ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    EXPECT_FALSE(reader->Query(kPairs).ok()) << "void: it fits the budget";
    return;
  }
  const char* const timeout = "SELECT current_setting('statement_timeout')";
  EXPECT_EQ(std::get<std::string>(Run(*reader, timeout).rows[0][0]), "0");
  EXPECT_EQ(reader->Commit(), absl::OkStatus());
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  EXPECT_EQ(std::get<std::string>(Run(*reader, timeout).rows[0][0]), "1s");
}

TEST_P(BudgetTest, TheWriterIsNeverInterrupted) {
  Begin();
  EXPECT_EQ(writer_->Query(kPairs).status(), absl::OkStatus());
  Commit();
  ASSERT_EQ(writer_->Begin(Access::kRead), absl::OkStatus());
  EXPECT_EQ(writer_->Query(kPairs).status(), absl::OkStatus());
  writer_->Rollback();
}

}  // namespace
}  // namespace vivier::storage
