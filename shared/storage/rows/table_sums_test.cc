#include "shared/storage/rows/table_sums.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace vivier::storage {
namespace {

std::vector<std::string> Macs(unsigned seed, size_t count) {
  std::mt19937 random(seed);
  std::vector<std::string> macs(count, std::string(18, '\0'));
  for (std::string& mac : macs)
    for (char& byte : mac) byte = static_cast<char>(random());
  return macs;
}

TEST(TableSums, TellRowsThatCameAndWentInAnyOrder) {
  const std::vector<std::string> macs = Macs(1, 100);
  TableSums moved, made;
  for (size_t i = 0; i < 100; ++i) moved.Add("cohorts", macs[i]);
  for (size_t i = 0; i < 50; ++i) moved.Subtract("cohorts", macs[2 * i]);
  for (size_t i = 50; i-- > 0;) made.Add("cohorts", macs[2 * i + 1]);
  EXPECT_EQ(moved, made);
  EXPECT_EQ(moved.tables().at("cohorts").rows, 50);
  for (size_t i = 0; i < 50; ++i) moved.Subtract("cohorts", macs[2 * i + 1]);
  EXPECT_EQ(moved, TableSums());
}

TEST(TableSums, TellADoubledAnOldAndAMovedRow) {
  const std::vector<std::string> macs = Macs(2, 3);
  TableSums sums, doubled, old, moved;
  for (TableSums* one : {&sums, &doubled, &old, &moved}) one->Add("cohorts", macs[0]);
  sums.Add("cohorts", macs[1]);
  doubled.Add("cohorts", macs[0]);
  old.Add("cohorts", macs[2]);
  moved.Add("learners", macs[1]);
  for (const TableSums* one : {&doubled, &old, &moved}) EXPECT_FALSE(*one == sums);
}

TEST(TableSums, ComeBackFromTheirBytes) {
  TableSums sums;
  EXPECT_EQ(sums.Encode(), "");
  for (const std::string& mac : Macs(3, 1000)) sums.Add("cohorts", mac);
  for (const std::string& mac : Macs(4, 3)) sums.Subtract("learners", mac);
  const std::string bytes = sums.Encode();
  const auto read = TableSums::Decode(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, sums);
  EXPECT_EQ(read->Encode(), bytes);
  for (size_t size = 1; size < bytes.size(); ++size) {
    const auto cut = TableSums::Decode(bytes.substr(0, size));
    EXPECT_FALSE(cut.ok() && *cut == sums) << size;
  }
}

}  // namespace
}  // namespace vivier::storage
