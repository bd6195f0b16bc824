#include "shared/service/time_zone.h"

#include <random>

#include "shared/base/date.h"
#include "shared/service/call.h"
#include "shared/storage/log/events.h"
#include "tests/support/store.h"

namespace vivier::rpc {
namespace {

using absl::CivilDay;
using absl::CivilSecond;
using security::v1::TimeZoneChanged;

absl::Time Utc(int year, int month, int day, int hour, int minute = 0) {
  return absl::FromCivil(CivilSecond(year, month, day, hour, minute), absl::UTCTimeZone());
}

DatedTimeZone Since(CivilDay day, const char* zone) { return {day, *FindTimeZone(zone)}; }

const CivilDay kBeginning(1, 1, 1), kJuly(2027, 7, 1);

TEST(DayAt, IsThatOfTheSchoolsClocks) {
  const TimeZones paris = {Since(kBeginning, "Europe/Paris")};
  EXPECT_EQ(DayAt(paris, Utc(2027, 6, 30, 21, 59)), CivilDay(2027, 6, 30));
  EXPECT_EQ(DayAt(paris, Utc(2027, 6, 30, 23, 30)), CivilDay(2027, 7, 1));
  EXPECT_EQ(DayAt({}, Utc(2027, 6, 30, 23, 30)), CivilDay(2027, 6, 30))
      << "UTC where none is known";
  const TimeZones guadeloupe = {Since(kBeginning, "America/Guadeloupe")};
  EXPECT_EQ(DayAt(guadeloupe, Utc(2027, 7, 1, 3, 59)), CivilDay(2027, 6, 30));
}

TEST(DayAt, ChangesTheTimeZoneWithItsFirstDay) {
  const TimeZones west = {Since(kBeginning, "Pacific/Auckland"), Since(kJuly, "Europe/Paris")};
  EXPECT_EQ(DayAt(west, Utc(2027, 6, 30, 11, 59)), CivilDay(2027, 6, 30));
  EXPECT_EQ(DayAt(west, Utc(2027, 6, 30, 12, 0)), kJuly) << "by the clocks of before";
  EXPECT_EQ(DayAt(west, Utc(2027, 6, 30, 22, 0)), kJuly) << "by the new ones";
  EXPECT_EQ(DayAt(west, Utc(2027, 7, 1, 21, 59)), kJuly);
  EXPECT_EQ(DayAt(west, Utc(2027, 7, 1, 22, 0)), CivilDay(2027, 7, 2));
  const TimeZones east = {Since(kBeginning, "Europe/Paris"), Since(kJuly, "Pacific/Auckland")};
  EXPECT_EQ(DayAt(east, Utc(2027, 6, 30, 11, 59)), CivilDay(2027, 6, 30));
  EXPECT_EQ(DayAt(east, Utc(2027, 6, 30, 12, 0)), kJuly);
  EXPECT_EQ(DayAt(east, Utc(2027, 7, 1, 12, 0)), CivilDay(2027, 7, 2));
  const TimeZones late = {Since(kJuly, "Pacific/Auckland")};
  EXPECT_EQ(DayAt(late, Utc(2027, 6, 30, 11, 59)), CivilDay(2027, 6, 30)) << "UTC before the first";
}

TEST(StartOf, IsTheFirstInstantOfTheDay) {
  const TimeZones zones[] = {
      {},
      {Since(kBeginning, "Europe/Paris")},
      {Since(kBeginning, "Pacific/Auckland")},
      {Since(kBeginning, "America/Guadeloupe")},
      {Since(kBeginning, "America/Santiago")},  // whose days may begin at one o'clock
      {Since(kBeginning, "Europe/Paris"), Since(kJuly, "America/Guadeloupe")},
  };
  for (const TimeZones& dated : zones)
    for (CivilDay day(2026, 12, 1); day < CivilDay(2028, 3, 5); ++day) {
      if (dated.size() > 1 && (day == kJuly || day == kJuly - 1)) continue;
      ASSERT_EQ(DayAt(dated, StartOf(dated, day)), day);
      ASSERT_EQ(DayAt(dated, StartOf(dated, day) - absl::Microseconds(1)), day - 1);
    }
  EXPECT_EQ(StartOf(zones[1], CivilDay(2027, 3, 29)), Utc(2027, 3, 28, 22));
}

class TimeZoneTest : public storage::StoreTest {
 protected:
  static TimeZoneChanged Changed(const std::string& zone, CivilDay since) {
    TimeZoneChanged changed;
    changed.set_school("schools/nancy");
    changed.set_time_zone(zone);
    *changed.mutable_since() = ToDate(since);
    return changed;
  }

  void Store(const std::string& zone, CivilDay since) {
    ASSERT_EQ(
        InUnit([&](storage::Unit& unit) { return StoreTimeZone(unit, Changed(zone, since)); }),
        absl::OkStatus());
  }

  absl::Status At(absl::Time time, const std::function<absl::Status(Call&)>& run) {
    return InUnit([&](storage::Unit& unit) {
      Call call(caller_, time, unit, fetched_);
      return run(call);
    });
  }

  CivilDay Today(absl::Time time) {
    CivilDay day;
    EXPECT_EQ(At(time,
                 [&](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(day, call.Today());
                   return absl::OkStatus();
                 }),
              absl::OkStatus());
    return day;
  }

  // The time zones that were announced, the last one with its day.
  std::string Announced() {
    std::string all;
    EXPECT_EQ(InTransaction([&](storage::Transaction& transaction) -> absl::Status {
                ASSIGN_OR_RETURN(auto events, storage::ReadEvents(transaction, 0));
                for (const auto& event : events) {
                  TimeZoneChanged changed;
                  if (!event.payload().UnpackTo(&changed)) continue;
                  absl::StrAppend(&all, changed.time_zone(), " ", DateText(changed.since()), "; ");
                }
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return all;
  }

  security::Caller caller_;
  Fetched fetched_;
};

TEST_P(TimeZoneTest, IsUtcUntilOneIsKnown) {
  const absl::Time night = Utc(2027, 6, 30, 23, 30);
  EXPECT_EQ(Today(night), CivilDay(2027, 6, 30));
  Store("Europe/Paris", kBeginning);
  EXPECT_EQ(Today(night), kJuly);
}

TEST_P(TimeZoneTest, ReplacesWhatWasToHoldFromThatDayOn) {
  Store("Europe/Paris", kBeginning);
  Store("Pacific/Auckland", CivilDay(2027, 9, 1));
  Store("America/Guadeloupe", kJuly);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM time_zones"), 2);
  EXPECT_EQ(Today(Utc(2027, 9, 2, 3)), CivilDay(2027, 9, 1));
  EXPECT_EQ(Today(Utc(2027, 6, 1, 23)), CivilDay(2027, 6, 2)) << "before it stays as it was";
  Store("America/Guadeloupe", kJuly);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM time_zones"), 2) << "told twice is told once";
}

TEST_P(TimeZoneTest, IsOfOneSchool) {
  Execute(
      "INSERT INTO time_zones (school, since, time_zone) VALUES "
      "('metz', '0001-01-01', 'Pacific/Auckland')");
  EXPECT_EQ(Today(Utc(2027, 6, 30, 23, 30)), CivilDay(2027, 6, 30));
}

TEST_P(TimeZoneTest, IsKeptAndAnnouncedAtOnce) {
  const auto announce = [&](const std::string& zone, CivilDay since) {
    EXPECT_EQ(
        At(Utc(2027, 7, 1, 2), [&](Call& call) { return AnnounceTimeZone(call, zone, since); }),
        absl::OkStatus());
  };
  announce("Europe/Paris", kBeginning);
  announce("America/Guadeloupe", CivilDay(2027, 6, 30));
  EXPECT_EQ(Announced(), "Europe/Paris 0001-01-01; America/Guadeloupe 2027-06-30; ");
  EXPECT_EQ(Today(Utc(2027, 7, 1, 2)), CivilDay(2027, 6, 30));
  EXPECT_EQ(Today(Utc(2027, 6, 28, 23)), CivilDay(2027, 6, 29));
}

TEST_P(TimeZoneTest, IsReadOnceForACall) {
  Store("Europe/Paris", kBeginning);
  EXPECT_EQ(
      At(Utc(2027, 6, 30, 23, 30),
         [&](Call& call) -> absl::Status {
           ASSIGN_OR_RETURN(const CivilDay before, call.Today());
           RETURN_IF_ERROR(
               call.unit().transaction().connection().Query("DELETE FROM time_zones").status());
           ASSIGN_OR_RETURN(const CivilDay after, call.Today());
           EXPECT_EQ(before, kJuly);
           EXPECT_EQ(after, before);
           return absl::OkStatus();
         }),
      absl::OkStatus());
}

TEST_P(TimeZoneTest, ThatIsNotKnownHereIsSaid) {
  Store("Europe/Atlantis", kBeginning);
  const absl::Status status =
      At(Utc(2027, 6, 30, 23), [](Call& call) { return call.Today().status(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
}

INSTANTIATE_TEST_SUITE_P(Engines, TimeZoneTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::rpc
