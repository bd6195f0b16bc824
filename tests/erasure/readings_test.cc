// The trail of readings: who was shown whom is kept for twelve months, then counted by month and
// rpc; what proves itself goes on to. On both engines, on the site's clock.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/process/readings_end.h"
#include "tests/support/engines.h"
#include "tests/support/macs.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using enrolment::v1::Candidate;

constexpr absl::Duration kDay = absl::Hours(24);

class ReadingsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ReadingsTest() : world_(GetParam()) { Create("zoe"); }

  void Create(const std::string& id) {
    enrolment::v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id(id);
    request.mutable_candidate()->set_given_name(id);
    request.mutable_candidate()->set_family_name("Martin");
    request.mutable_candidate()->set_email(id + "@example.org");
    EXPECT_EQ(world_.Write<Candidate>(request).status(), absl::OkStatus());
  }

  void Read(int times, const std::string& id = "zoe") {
    enrolment::v1::GetCandidateRequest request;
    request.set_name("schools/nancy/candidates/" + id);
    for (int i = 0; i < times; ++i)
      ASSERT_EQ(world_.Call<Candidate>(request).status(), absl::OkStatus());
  }

  int64_t Number(const std::string& sql) {
    const auto database = *storage::Database::Open(world_.DatabaseUrl("enrolment"));
    const auto connection = *database->Connect(storage::Access::kRead);
    EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const auto result = connection->Query(sql);
    EXPECT_EQ(result.status(), absl::OkStatus()) << sql;
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  // What I12 finds in enrolment of a stopped world.
  site::v1::InvariantReport TrailAfter(const std::string& sql) {
    world_.Stop();
    {
      const auto database = *storage::Database::Open(world_.DatabaseUrl("enrolment"));
      const auto connection = *database->Connect(storage::Access::kWrite);
      EXPECT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
      EXPECT_EQ(connection->Query(sql).status(), absl::OkStatus()) << sql;
      EXPECT_EQ(connection->Commit(), absl::OkStatus());
    }
    world_.Start();
    const auto found = world_.site().Verify(World::kSchool, relations::Detail::kEveryClaim);
    EXPECT_EQ(found.status(), absl::OkStatus());
    for (const site::v1::InvariantReport& report : found->reports())
      if (report.invariant() == "I12" && report.service() == "enrolment") return report;
    return {};
  }

  World world_;
};

INSTANTIATE_TEST_SUITE_P(Engines, ReadingsTest, BothEngines(), EngineName);

TEST_P(ReadingsTest, AreNoActs) {
  const int64_t acts = Number("SELECT COUNT(*) FROM audit_records");
  Read(3);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records"), acts);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records WHERE persons = 1"), 3);
  world_.ExpectInvariants();
}

TEST_P(ReadingsTest, EndAfterTwelveMonthsAndAreCounted) {
  Read(3);
  world_.Advance(100 * kDay);
  Read(2);
  world_.Advance(265 * kDay);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records"), 5) << "a year ago today";
  world_.Advance(kDay);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records"), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM person_reads"), 1);
  EXPECT_EQ(Number("SELECT readings FROM reading_counts WHERE method LIKE '%GetCandidate'"), 3);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records WHERE reason LIKE 'readings 1 to 3 ended%'"),
            1);
  world_.ExpectInvariants();
  Read(1);
  world_.Advance(400 * kDay);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM person_reads"), 0);
  EXPECT_EQ(Number("SELECT CAST(SUM(persons) AS BIGINT) FROM reading_counts"), 6);
  world_.ExpectInvariants();
  world_.Restart();
  world_.ExpectInvariants();
  Create("lea");  // nobody decided on Zoe's file for two years
  Read(1, "lea");
  EXPECT_EQ(Number("SELECT number FROM reading_records"), 7) << "the numbers go on";
  world_.ExpectInvariants();
}

TEST_P(ReadingsTest, EndInSteps) {
  Read(501);
  world_.Advance(400 * kDay);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM ended_readings"), 2);
  EXPECT_EQ(Number("SELECT CAST(SUM(readings) AS BIGINT) FROM reading_counts"), 501);
  world_.ExpectInvariants();
}

// The planted breaches: more ended than an act says, or was counted.
TEST_P(ReadingsTest, NothingElseMayEnd) {
  Read(2);
  world_.Advance(400 * kDay);
  Read(2);
  EXPECT_THAT(TrailAfter("UPDATE reading_counts SET readings = 1").first_row(),
              ::testing::StrEq("reading_counts"));
  EXPECT_THAT(TrailAfter("UPDATE reading_counts SET readings = 2").violations(), 0);
  EXPECT_THAT(TrailAfter("DELETE FROM reading_records WHERE number = 3").first_row(),
              "reading_records/4");
  EXPECT_GT(TrailAfter("UPDATE ended_readings SET last_number = 3").violations(), 2);
}

TEST(ReadingPeriod, IsTwelveMonthsUnlessTheSiteSaysWhy) {
  config::v1::Config config;
  EXPECT_EQ(*site::MonthsOfReadings(config), 12);
  config.mutable_readings_kept()->set_months(6);
  EXPECT_EQ(*site::MonthsOfReadings(config), 6);
  for (const int wrong : {0, 5, 37}) {
    config.mutable_readings_kept()->set_months(wrong);
    EXPECT_TRUE(absl::IsInvalidArgument(site::MonthsOfReadings(config).status())) << wrong;
  }
  config.mutable_readings_kept()->set_months(36);
  EXPECT_TRUE(absl::IsInvalidArgument(site::MonthsOfReadings(config).status())) << "without reason";
  config.mutable_readings_kept()->set_reason("yearly review of accesses, record 12");
  EXPECT_EQ(*site::MonthsOfReadings(config), 36);
}

TEST(ReadingPeriod, EndsWithTheDay) {
  const auto first = [](int year, int month, int day) {
    const absl::CivilSecond late(year, month, day, 23, 59, 59);
    const int64_t days = site::FirstDayOfReadings(absl::FromCivil(late, absl::UTCTimeZone()), 12);
    return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + days);
  };
  EXPECT_EQ(first(2026, 11, 30), "2025-11-30");
  EXPECT_EQ(first(2028, 2, 29), "2027-02-28");
}

}  // namespace
}  // namespace vivier::testing
