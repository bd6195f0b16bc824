// Readings end in steps, are counted, and leave chains that hold. On both engines.
#include "shared/process/readings_end.h"

#include "gmock/gmock.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/perform.h"
#include "shared/storage/log/trail_audit.h"
#include "tests/support/store.h"

namespace vivier::site {
namespace {

using storage::Transaction;
using storage::Value;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kDay = 20'000;  // since 1970

class ReadingsEndTest : public storage::StoreTest {
 protected:
  void SetUp() override {
    storage::StoreTest::SetUp();
    connection_.reset();  // the writer has the only one
    readers_ = std::make_unique<rpc::Readers>(*database_, &key_);
    writer_ = *storage::Writer::Start(*database_, &key_, {}, {});
  }
  void TearDown() override { writer_.reset(); }

  absl::Status Do(const storage::Step& step) { return storage::Perform(*writer_, "nancy", step); }

  // On that day the principal was shown somebody so often.
  void Read(const std::string& principal, int64_t day, int times) {
    const absl::Time time = absl::UnixEpoch() + absl::Hours(24) * day + absl::Hours(9);
    ASSERT_EQ(
        Do([&](Transaction& transaction, absl::Time) -> absl::Status {
          for (int i = 0; i < times; ++i)
            RETURN_IF_ERROR(storage::AppendRecord(
                transaction, {principal, "Get", "schools/nancy", "", "hash", "", "", 2}, time));
          return storage::house::PersonReads().Insert(
              transaction, {"nancy", principal, day, "zoe", int64_t{times}, "Get",
                            absl::ToUnixMicros(time), int64_t{times}});
        }),
        absl::OkStatus());
  }

  int64_t NumberOf(const std::string& sql) {
    int64_t number = -1;
    EXPECT_EQ(readers_->Read("nancy",
                             [&](Transaction& transaction) -> absl::Status {
                               ASSIGN_OR_RETURN(const storage::Result result,
                                                transaction.connection().Query(sql));
                               number = std::get<int64_t>(result.rows.at(0)[0]);
                               return absl::OkStatus();
                             }),
              absl::OkStatus());
    return number;
  }

  std::vector<std::string> Breaches() {
    std::vector<std::string> breaches;
    EXPECT_EQ(readers_->Read("nancy",
                             [&](Transaction& transaction) {
                               const auto tell = [&](const std::string& row,
                                                     const std::string& why) {
                                 breaches.push_back(absl::StrCat(row, " ", why));
                               };
                               return storage::CheckReadings(transaction, tell).status();
                             }),
              absl::OkStatus());
    return breaches;
  }

  void Plant(const std::string& sql) {
    ASSERT_EQ(Do([&](Transaction& transaction, absl::Time) {
                return transaction.connection().Send(sql, {});
              }),
              absl::OkStatus());
  }

  std::unique_ptr<rpc::Readers> readers_;
  std::unique_ptr<storage::Writer> writer_;
};

INSTANTIATE_TEST_SUITE_P(Engines, ReadingsEndTest, testing::BothEngines(), testing::EngineName);

TEST_P(ReadingsEndTest, WhatIsOldIsCountedAndTheChainGoesOn) {
  Read("ada", kDay, 501);
  Read("ben", kDay + 1, 3);
  Read("ada", kDay + 40, 2);
  ASSERT_EQ(EndReadings(*writer_, *readers_, "nancy", kDay + 2), absl::OkStatus());
  EXPECT_EQ(NumberOf("SELECT MIN(number) FROM reading_records"), 505);
  EXPECT_EQ(NumberOf("SELECT COUNT(*) FROM ended_readings"), 2);
  EXPECT_EQ(NumberOf("SELECT readings FROM reading_counts"), 504);
  EXPECT_EQ(NumberOf("SELECT persons FROM reading_counts"), 1008);
  EXPECT_EQ(NumberOf("SELECT COUNT(*) FROM person_reads"), 1);
  EXPECT_EQ(NumberOf("SELECT COUNT(*) FROM audit_records"), 2);
  EXPECT_THAT(Breaches(), IsEmpty());
  ASSERT_EQ(EndReadings(*writer_, *readers_, "nancy", kDay + 2), absl::OkStatus());
  EXPECT_EQ(NumberOf("SELECT COUNT(*) FROM audit_records"), 2) << "nothing is due twice";
  Read("ben", kDay + 41, 1);
  EXPECT_EQ(NumberOf("SELECT MAX(number) FROM reading_records"), 507);
  ASSERT_EQ(EndReadings(*writer_, *readers_, "nancy", kDay + 50), absl::OkStatus());
  EXPECT_EQ(NumberOf("SELECT COUNT(*) FROM reading_records"), 0);
  EXPECT_EQ(NumberOf("SELECT COUNT(*) FROM person_reads"), 0);
  EXPECT_THAT(Breaches(), IsEmpty());
}

// The planted breaches: more ended than an act says, or was counted.
TEST_P(ReadingsEndTest, NothingElseMayEnd) {
  Read("ada", kDay, 3);
  Read("ada", kDay + 9, 3);
  ASSERT_EQ(EndReadings(*writer_, *readers_, "nancy", kDay + 1), absl::OkStatus());
  ASSERT_THAT(Breaches(), IsEmpty());
  Plant("UPDATE reading_counts SET readings = 2");
  EXPECT_THAT(Breaches(),
              Contains(HasSubstr("counts 2 readings that ended, the last has number 3")));
  Plant("UPDATE reading_counts SET readings = 4");
  Plant("UPDATE ended_readings SET last_number = 4");
  Plant("DELETE FROM reading_records WHERE number = 4");
  EXPECT_THAT(Breaches(), Contains(HasSubstr("ended_readings/4 is the work of no act")));
  Plant("UPDATE ended_readings SET last_number = 3");
  Plant("UPDATE reading_counts SET readings = 3");
  EXPECT_THAT(Breaches(), Contains(HasSubstr("reading_records/5 the number before it is missing")));
  Plant("DELETE FROM ended_readings");
  EXPECT_THAT(Breaches(), Contains(HasSubstr("has not what an act ended: readings 1 to 3")));
}

}  // namespace
}  // namespace vivier::site
