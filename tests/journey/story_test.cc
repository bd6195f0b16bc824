// The stories of demo at two depths: every service in this process on both engines, and the real
// executable, a process for each service. What a story tells is the same everywhere.

#include "tests/invariants/story.h"

#include "absl/strings/str_cat.h"
#include "demo/figures.h"
#include "demo/steps.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "tests/journey/school_processes.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier {
namespace {

using testing::Tell;
using testing::Telling;

class StoryTest : public ::testing::TestWithParam<std::string> {};

TEST_P(StoryTest, HasTheSameFiguresOnBothEngines) {
  testing::World sqlite(storage::Engine::kSqlite), postgres(storage::Engine::kPostgres);
  const Telling on_sqlite = Tell(sqlite, GetParam());
  ASSERT_TRUE(on_sqlite.figures.ok()) << on_sqlite.lines << on_sqlite.figures.status();
  const Telling on_postgres = Tell(postgres, GetParam());
  ASSERT_TRUE(on_postgres.figures.ok()) << on_postgres.lines << on_postgres.figures.status();
  EXPECT_EQ(on_sqlite.figures->Text(), on_postgres.figures->Text());
  EXPECT_EQ(on_sqlite.lines, on_postgres.lines);
  sqlite.ExpectInvariants();
  postgres.ExpectInvariants();
}

TEST_P(StoryTest, ToldAgainChangesNothing) {
  testing::World world(storage::Engine::kSqlite);
  const Telling first = Tell(world, GetParam());
  ASSERT_TRUE(first.figures.ok()) << first.lines << first.figures.status();
  world.Restart();
  const Telling again = Tell(world, GetParam());
  ASSERT_TRUE(again.figures.ok()) << again.lines << again.figures.status();
  EXPECT_EQ(first.figures->Text(), again.figures->Text());
  EXPECT_EQ(first.lines, again.lines);
}

TEST(Story, TwoStoriesAtOneSchoolDoNotMix) {
  testing::World alone(storage::Engine::kSqlite), both(storage::Engine::kSqlite);
  const Telling metz = Tell(alone, "metz");
  ASSERT_TRUE(metz.figures.ok()) << metz.lines << metz.figures.status();
  const Telling nancy = Tell(both, "nancy");
  ASSERT_TRUE(nancy.figures.ok()) << nancy.lines << nancy.figures.status();
  const Telling metz_after = Tell(both, "metz");
  ASSERT_TRUE(metz_after.figures.ok()) << metz_after.lines << metz_after.figures.status();
  EXPECT_EQ(metz.figures->Text(), metz_after.figures->Text());
  EXPECT_NE(metz.figures->Text(), nancy.figures->Text());
  both.ExpectInvariants();
}

// The numbers that the story of Nancy is known by.
TEST(Story, NancyIsAsItIsTold) {
  testing::World world(storage::Engine::kSqlite);
  const Telling nancy = Tell(world, "nancy");
  ASSERT_TRUE(nancy.figures.ok()) << nancy.lines << nancy.figures.status();
  const std::pair<const char*, int64_t> rows[] = {
      {"rows.file", 90},       {"applications.ranked", 30}, {"seats.capacity", 24},
      {"seats.taken", 23},     {"reservations.refused", 1}, {"learners.started", 24},
      {"learners.no_show", 2}, {"learners.finished", 23},   {"learners.left", 1},
      {"sheets.sealed", 10},   {"presence.corrections", 1}, {"contracts.signed", 18},
      {"job_offers.total", 8},
  };
  for (const auto& [name, value] : rows)
    EXPECT_EQ(nancy.figures->At(name), value) << name << "\n" << nancy.lines;
  EXPECT_GT(nancy.figures->At("rows.refused"), 5);
  EXPECT_GT(nancy.figures->At("invoice.total_cents"), 0);
}

// The site's clock is moved on to each half-day before it is signed.
TEST(Story, LivesOneDayAfterTheOther) {
  testing::World world(storage::Engine::kSqlite);
  const Telling nancy = Tell(world, "nancy");
  ASSERT_TRUE(nancy.figures.ok()) << nancy.lines << nancy.figures.status();
  enrolment::v1::ListAttendanceSheetsRequest request;
  request.set_parent("schools/nancy/cohorts/ia-2027");
  const auto sheets = world.Call<enrolment::v1::ListAttendanceSheetsResponse>(request);
  ASSERT_TRUE(sheets.ok()) << sheets.status();
  ASSERT_EQ(sheets->attendance_sheets_size(), 10);
  for (const enrolment::v1::AttendanceSheet& sheet : sheets->attendance_sheets()) {
    const absl::CivilMinute end = absl::CivilMinute(ToCivil(sheet.date())) + sheet.end_minute();
    EXPECT_EQ(absl::ToCivilMinute(ToTime(sheet.trainer_sign_time()), *FindTimeZone("Europe/Paris")),
              end)
        << sheet.name();
  }
  EXPECT_EQ(absl::ToCivilDay(testing::ClockOf(world)->Now(), absl::UTCTimeZone()),
            absl::CivilDay(2027, 8, 2));
}

TEST(Story, ASumThatDoesNotHoldIsNamed) {
  demo::Figures figures;
  figures.Add("rows.file", 3);
  figures.Add("rows.accepted", 1);
  figures.Add("applications.total", 1);
  figures.Add("applications.rejected", 1);
  const std::vector<std::string> broken = demo::BrokenSums(demo::v1::Story(), figures);
  ASSERT_FALSE(broken.empty());
  EXPECT_EQ(broken[0],
            "accepted and refused rows are the file's: rows.accepted 1 + rows.unchanged 0 + "
            "rows.refused 0 is not "
            "rows.file 3");
}

TEST(Story, RealProcessesTellTheSameInPlainTextAndOverTls) {
  testing::World world(storage::Engine::kSqlite);
  const Telling in_process = Tell(world, "nancy");
  ASSERT_TRUE(in_process.figures.ok()) << in_process.lines << in_process.figures.status();
  testing::SchoolProcesses::Setup plain, each_over_tls, one_over_tls;
  each_over_tls.tls = one_over_tls.tls = one_over_tls.one_process = true;
  for (const testing::SchoolProcesses::Setup& setup : {plain, each_over_tls, one_over_tls}) {
    SCOPED_TRACE(absl::StrCat("tls ", setup.tls, ", one process ", setup.one_process));
    testing::SchoolProcesses processes(setup);
    processes.BeginStory("nancy");
    EXPECT_EQ(processes.Figures(), in_process.figures->Text());
    std::string report;
    EXPECT_EQ(processes.Verify(&report), 0) << report;
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, StoryTest, ::testing::Values("nancy", "metz"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace vivier
