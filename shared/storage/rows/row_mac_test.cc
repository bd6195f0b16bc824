#include "shared/storage/rows/row_mac.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::storage {
namespace {

MacKeys NewKeys(size_t count) {
  MacKeys keys;
  for (size_t i = 0; i < count; ++i) keys.emplace_back(security::Key::Random());
  return keys;
}

// A table with a key, and columns of the numbers 2, 9 and 3.
const MacLayout& Layout() {
  static const auto& layout = *new MacLayout("cohorts", {0, 0, 2, 9, 3});
  return layout;
}

Row Cohort() {
  return {std::string("nancy"), std::string("ai-1"), int64_t{24}, Value(), Bytes{"sealed"}};
}

class RowMacTest : public ::testing::Test {
 protected:
  Value MacOf(const Row& row) const { return Bytes{MacOfRow(keys_[0], Layout(), row)}; }
  MacVerdict Check(const Row& row, const Value& mac) const {
    return CheckMac(keys_, Layout(), row, mac);
  }

  const MacKeys keys_ = NewKeys(1);
};

TEST_F(RowMacTest, IsGoodForItsRowAlone) {
  const Value mac = MacOf(Cohort());
  EXPECT_EQ(Check(Cohort(), mac), MacVerdict::kGood);
  const Value others[] = {std::string("24"), int64_t{25}, Bytes{"24"}, Value()};
  for (size_t column = 0; column < Cohort().size(); ++column)
    for (const Value& other : others) {
      Row row = Cohort();
      if (row[column] == other) continue;
      row[column] = other;
      EXPECT_EQ(Check(row, mac), MacVerdict::kWrong) << "column " << column;
    }
}

TEST_F(RowMacTest, BelongsToItsTable) {
  const MacLayout other("cohort_facts", Layout().numbers);
  EXPECT_EQ(CheckMac(keys_, other, Cohort(), MacOf(Cohort())), MacVerdict::kWrong);
}

TEST_F(RowMacTest, IsNeitherShortNorAbsentNorChanged) {
  const std::string mac = std::get<Bytes>(MacOf(Cohort())).data;
  ASSERT_EQ(mac.size(), security::kMacSize + 2);
  EXPECT_EQ(Check(Cohort(), Value()), MacVerdict::kWrong);
  EXPECT_EQ(Check(Cohort(), Bytes{mac.substr(0, security::kMacSize - 1)}), MacVerdict::kWrong);
  // The last byte says which columns are covered: one less, or none.
  EXPECT_EQ(Check(Cohort(), Bytes{mac.substr(0, security::kMacSize)}), MacVerdict::kWrong);
  for (size_t i = 0; i < mac.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = mac;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      EXPECT_NE(Check(Cohort(), Bytes{changed}), MacVerdict::kGood) << i << " " << bit;
    }
}

TEST_F(RowMacTest, CoversWhatTheVersionBeforeKnew) {
  const MacLayout before("cohorts", {0, 0, 2, 3});
  Row row = Cohort();
  row.erase(row.begin() + 3);
  const Value mac = Bytes{MacOfRow(keys_[0], before, row)};
  EXPECT_EQ(Check(Cohort(), mac), MacVerdict::kGood);
  EXPECT_EQ(CheckMac(keys_, before, row, MacOf(Cohort())), MacVerdict::kNewer);
}

TEST_F(RowMacTest, LeavesOutWhatIsCoveredLater) {
  const MacLayout next("cohorts", Layout().numbers, {3});
  const Value mac = Bytes{MacOfRow(keys_[0], next, Cohort())};
  EXPECT_EQ(CheckMac(keys_, next, Cohort(), mac), MacVerdict::kGood);
  EXPECT_EQ(CheckMac(keys_, next, Cohort(), MacOf(Cohort())), MacVerdict::kGood);
}

// Whoever sets a bit of what is covered gets no row believed: nothing tells it from a newer one's.
TEST_F(RowMacTest, NeitherAForgedNorANewerRowIsRead) {
  EXPECT_EQ(ToStatus(MacVerdict::kGood, "cohorts", "a"), absl::OkStatus());
  EXPECT_EQ(ReasonOf(ToStatus(MacVerdict::kWrong, "cohorts", "a")), "ROW_CHANGED");
  EXPECT_EQ(ReasonOf(ToStatus(MacVerdict::kNewer, "cohorts", "a")), "BINARY_TOO_OLD");
}

TEST_F(RowMacTest, TheKeyBeforeCountsWhileItIsConfigured) {
  const MacKeys rotated = {NewKeys(1)[0], keys_[0]};
  EXPECT_EQ(CheckMac(rotated, Layout(), Cohort(), MacOf(Cohort())), MacVerdict::kGood);
  EXPECT_EQ(CheckMac(NewKeys(2), Layout(), Cohort(), MacOf(Cohort())), MacVerdict::kWrong);
}

}  // namespace
}  // namespace vivier::storage
