#include "shared/base/date.h"

#include <limits>
#include <random>

#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"

namespace vivier {
namespace {

using absl::CivilDay;
using absl::CivilSecond;
using google::protobuf::util::TimeUtil;

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(Date, IsOneOfTheCalendar) {
  const struct {
    int year, month, day;
    bool is_date;
  } rows[] = {
      {2027, 3, 1, true},   {2028, 2, 29, true},       {2027, 2, 29, false}, {2000, 2, 29, true},
      {2100, 2, 29, false}, {2027, 4, 31, false},      {2027, 0, 1, false},  {2027, 1, 0, false},
      {0, 1, 1, false},     {2027, 13, 1, false},      {2027, 12, 31, true}, {2027, 12, 32, false},
      {1, 1, 1, true},      {9999, 12, 31, true},      {10000, 1, 1, false}, {-1, 1, 1, false},
      {2027, -1, 5, false}, {2147483647, 1, 1, false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(IsDate(Date(row.year, row.month, row.day)), row.is_date)
        << row.year << "-" << row.month << "-" << row.day;
}

TEST(Date, IsTheSameDayBothWays) {
  for (CivilDay day(1895, 12, 25); day < CivilDay(2105, 1, 5); ++day) {
    ASSERT_TRUE(IsDate(ToDate(day))) << day;
    ASSERT_EQ(ToCivil(ToDate(day)), day);
    ASSERT_EQ(ReadDateText(DateText(ToDate(day)))->day(), day.day()) << day;
  }
}

TEST(Date, IsWrittenWithFourTwoAndTwoDigits) {
  EXPECT_EQ(DateText(Date(2027, 3, 1)), "2027-03-01");
  EXPECT_EQ(DateText(Date(1, 12, 31)), "0001-12-31");
  EXPECT_EQ(ReadDateText("2027-03-01")->SerializeAsString(), Date(2027, 3, 1).SerializeAsString());
  for (const char* text : {"", "2027-3-1", "2027-02-29", "2027-03-01 ", "27-03-01", "2027/03/01",
                           "+027-03-01", "2027-03-1x", "0000-01-01", "2027-13-01"})
    EXPECT_FALSE(ReadDateText(text).has_value()) << text;
}

TEST(Time, IsAsItsTimestampInWholeMicroseconds) {
  const struct {
    int64_t nanoseconds;  // since 1970
    int64_t seconds;
    int32_t nanos;
  } rows[] = {
      {0, 0, 0},
      {1'500'000'000, 1, 500'000'000},
      {1'999, 0, 1'000},
      {-1'000, -1, 999'999'000},
      {-1, -1, 999'999'000},
      {-1'500'000'000, -2, 500'000'000},
      {-2'000'000'000, -2, 0},
  };
  for (const auto& row : rows) {
    const google::protobuf::Timestamp timestamp = ToTimestamp(absl::FromUnixNanos(row.nanoseconds));
    EXPECT_EQ(timestamp.seconds(), row.seconds) << row.nanoseconds;
    EXPECT_EQ(timestamp.nanos(), row.nanos) << row.nanoseconds;
    EXPECT_EQ(ToTime(timestamp), absl::FromUnixMicros(row.seconds * 1'000'000 + row.nanos / 1000));
  }
  google::protobuf::Timestamp fine;
  fine.set_nanos(1'999);
  EXPECT_EQ(ToTime(fine), absl::FromUnixMicros(1));
}

TEST(Time, AgreesWithProtobufOverAllYears) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int64_t> micros(-62135596800'000'000, 253402300799'999'999);
  for (int i = 0; i < 10'000; ++i) {
    const int64_t time = micros(random);
    const google::protobuf::Timestamp timestamp = ToTimestamp(absl::FromUnixMicros(time));
    ASSERT_EQ(TimeUtil::TimestampToMicroseconds(timestamp), time);
    ASSERT_EQ(ToTime(timestamp), absl::FromUnixMicros(time));
  }
}

TEST(Time, BeyondTheYearsOfATimestampIsTheNearest) {
  EXPECT_EQ(TimeUtil::ToString(ToTimestamp(absl::InfinitePast())), "0001-01-01T00:00:00Z");
  EXPECT_EQ(TimeUtil::ToString(ToTimestamp(absl::InfiniteFuture())), "9999-12-31T23:59:59.999999Z");
  google::protobuf::Timestamp broken;
  broken.set_seconds(std::numeric_limits<int64_t>::max());
  broken.set_nanos(999'999'999);
  EXPECT_GT(ToTime(broken), absl::FromUnixSeconds(253402300799));
}

TEST(AddMonths, StopsAtTheEndOfAShortMonth) {
  const struct {
    CivilDay day;
    int months;
    CivilDay later;
  } rows[] = {
      {CivilDay(2027, 1, 31), 1, CivilDay(2027, 2, 28)},
      {CivilDay(2028, 1, 31), 1, CivilDay(2028, 2, 29)},
      {CivilDay(2026, 8, 31), 6, CivilDay(2027, 2, 28)},
      {CivilDay(2028, 2, 29), 12, CivilDay(2029, 2, 28)},
      {CivilDay(2028, 2, 29), 48, CivilDay(2032, 2, 29)},
      {CivilDay(2027, 11, 30), 3, CivilDay(2028, 2, 29)},
      {CivilDay(2027, 12, 31), 1, CivilDay(2028, 1, 31)},
      {CivilDay(2027, 12, 31), 12, CivilDay(2028, 12, 31)},
      {CivilDay(2027, 3, 31), 1, CivilDay(2027, 4, 30)},
      {CivilDay(2027, 3, 31), -1, CivilDay(2027, 2, 28)},
      {CivilDay(2027, 1, 15), -13, CivilDay(2025, 12, 15)},
      {CivilDay(2027, 5, 31), 0, CivilDay(2027, 5, 31)},
      {CivilDay(1969, 12, 31), 2, CivilDay(1970, 2, 28)},
  };
  for (const auto& row : rows)
    EXPECT_EQ(AddMonths(row.day, row.months), row.later) << row.day << " + " << row.months;
}

TEST(AddMonths, NeverLeavesTheMonthThatIsMeant) {
  for (CivilDay day(2023, 1, 1); day < CivilDay(2029, 1, 1); ++day)
    for (int months = -30; months <= 30; ++months)
      ASSERT_EQ(absl::CivilMonth(AddMonths(day, months)), absl::CivilMonth(day) + months) << day;
}

const Holidays kHolidays = {CivilDay(2026, 12, 25), CivilDay(2027, 1, 1), CivilDay(2027, 5, 1),
                            CivilDay(2027, 11, 11)};

TEST(WorkingDays, AreCountedWithoutSundaysAndHolidays) {
  const struct {
    CivilDay from, until;
    int64_t to_friday, to_saturday;
  } rows[] = {
      {CivilDay(2026, 12, 21), CivilDay(2026, 12, 28), 4, 5},  // Christmas is a Friday
      {CivilDay(2026, 12, 28), CivilDay(2027, 1, 4), 4, 5},    // over the year's end
      {CivilDay(2027, 4, 26), CivilDay(2027, 5, 3), 5, 5},     // 1 May is a Saturday
      {CivilDay(2028, 2, 28), CivilDay(2028, 3, 1), 2, 2},     // with a 29 February
      {CivilDay(2027, 2, 6), CivilDay(2027, 2, 8), 0, 1},      // a weekend
      {CivilDay(2027, 2, 8), CivilDay(2027, 2, 8), 0, 0},
      {CivilDay(2027, 2, 9), CivilDay(2027, 2, 8), 0, 0},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(WorkingDaysBetween(row.from, row.until, WorkingWeek::kMondayToFriday, kHolidays),
              row.to_friday)
        << row.from;
    EXPECT_EQ(WorkingDaysBetween(row.from, row.until, WorkingWeek::kMondayToSaturday, kHolidays),
              row.to_saturday)
        << row.from;
  }
}

TEST(WorkingDays, AreAddedOverWeekendsAndHolidays) {
  using enum WorkingWeek;
  const CivilDay thursday(2026, 12, 24);
  EXPECT_EQ(AddWorkingDays(thursday, 1, kMondayToFriday, {}), CivilDay(2026, 12, 25));
  EXPECT_EQ(AddWorkingDays(thursday, 1, kMondayToFriday, kHolidays), CivilDay(2026, 12, 28));
  EXPECT_EQ(AddWorkingDays(thursday, 1, kMondayToSaturday, kHolidays), CivilDay(2026, 12, 26));
  EXPECT_EQ(AddWorkingDays(thursday, 5, kMondayToFriday, kHolidays), CivilDay(2027, 1, 4));
  EXPECT_EQ(AddWorkingDays(CivilDay(2027, 1, 4), -5, kMondayToFriday, kHolidays), thursday);
  EXPECT_EQ(AddWorkingDays(CivilDay(2027, 2, 7), 0, kMondayToFriday, {}), CivilDay(2027, 2, 7));
}

TEST(WorkingDays, AreAddedAsTheyAreCounted) {
  std::mt19937 random(11);
  for (int i = 0; i < 2'000; ++i) {
    const WorkingWeek week =
        random() % 2 == 0 ? WorkingWeek::kMondayToFriday : WorkingWeek::kMondayToSaturday;
    Holidays holidays;
    for (int n = 0; n < 40; ++n) holidays.insert(CivilDay(2027, 1, 1) + random() % 400);
    const CivilDay from = CivilDay(2027, 1, 1) + random() % 60;
    const int count = 1 + static_cast<int>(random() % 80);
    const CivilDay last = AddWorkingDays(from, count, week, holidays);
    ASSERT_TRUE(IsWorkingDay(last, week, holidays));
    ASSERT_EQ(WorkingDaysBetween(from + 1, last + 1, week, holidays), count);
  }
}

TEST(FindTimeZone, KnowsTheNamesOfIana) {
  for (const char* name : {"Europe/Paris", "Pacific/Auckland", "America/Guadeloupe", "UTC",
                           "Etc/GMT+1", "America/Argentina/ComodRivadavia", "Indian/Reunion"})
    EXPECT_TRUE(FindTimeZone(name).has_value()) << name;
  for (const char* name : {"",
                           "Europe",
                           "Europe/",
                           "/Europe/Paris",
                           "Europe/Atlantis",
                           "europe/paris",
                           "localtime",
                           "/etc/localtime",
                           "right/Europe/Paris",
                           "posix/Europe/Paris",
                           "../zoneinfo/Europe/Paris",
                           "Europe/../Europe/Paris",
                           "libc:localtime",
                           "file:/etc/localtime",
                           "zone.tab",
                           "leapseconds",
                           "Fixed/UTC+01:00:00",
                           "Europe//Paris",
                           " Europe/Paris",
                           "Europe/Paris\n",
                           "+01:00"})
    EXPECT_FALSE(FindTimeZone(name).has_value()) << name;
  EXPECT_FALSE(FindTimeZone(std::string("Europe/Paris\0", 13)).has_value());
  EXPECT_FALSE(FindTimeZone("A" + std::string(70'000, 'a')).has_value());
}

// The civil day of an instant, at the edges of the days on which clocks change.
TEST(FindTimeZone, TellsTheCivilDay) {
  const struct {
    const char* zone;
    CivilSecond utc;
    CivilDay day;
  } rows[] = {
      {"Europe/Paris", CivilSecond(2027, 6, 30, 21, 59, 59), CivilDay(2027, 6, 30)},
      {"Europe/Paris", CivilSecond(2027, 6, 30, 22, 0, 0), CivilDay(2027, 7, 1)},
      {"Europe/Paris", CivilSecond(2027, 6, 30, 23, 30, 0), CivilDay(2027, 7, 1)},
      {"Europe/Paris", CivilSecond(2026, 12, 31, 22, 59, 59), CivilDay(2026, 12, 31)},
      {"Europe/Paris", CivilSecond(2026, 12, 31, 23, 0, 0), CivilDay(2027, 1, 1)},
      {"Europe/Paris", CivilSecond(2028, 2, 28, 23, 0, 0), CivilDay(2028, 2, 29)},
      // Summer time begins on 28 March and ends on 31 October 2027: days of 23 and 25 hours.
      {"Europe/Paris", CivilSecond(2027, 3, 27, 23, 0, 0), CivilDay(2027, 3, 28)},
      {"Europe/Paris", CivilSecond(2027, 3, 28, 21, 59, 59), CivilDay(2027, 3, 28)},
      {"Europe/Paris", CivilSecond(2027, 3, 28, 22, 0, 0), CivilDay(2027, 3, 29)},
      {"Europe/Paris", CivilSecond(2027, 10, 30, 22, 0, 0), CivilDay(2027, 10, 31)},
      {"Europe/Paris", CivilSecond(2027, 10, 31, 22, 59, 59), CivilDay(2027, 10, 31)},
      {"Europe/Paris", CivilSecond(2027, 10, 31, 23, 0, 0), CivilDay(2027, 11, 1)},
      // Daylight time ends on 4 April and begins on 26 September 2027.
      {"Pacific/Auckland", CivilSecond(2027, 4, 3, 10, 59, 59), CivilDay(2027, 4, 3)},
      {"Pacific/Auckland", CivilSecond(2027, 4, 3, 11, 0, 0), CivilDay(2027, 4, 4)},
      {"Pacific/Auckland", CivilSecond(2027, 4, 4, 11, 59, 59), CivilDay(2027, 4, 4)},
      {"Pacific/Auckland", CivilSecond(2027, 4, 4, 12, 0, 0), CivilDay(2027, 4, 5)},
      {"Pacific/Auckland", CivilSecond(2027, 9, 25, 12, 0, 0), CivilDay(2027, 9, 26)},
      {"Pacific/Auckland", CivilSecond(2027, 9, 26, 10, 59, 59), CivilDay(2027, 9, 26)},
      {"Pacific/Auckland", CivilSecond(2027, 9, 26, 11, 0, 0), CivilDay(2027, 9, 27)},
      {"America/Guadeloupe", CivilSecond(2027, 7, 1, 3, 59, 59), CivilDay(2027, 6, 30)},
      {"America/Guadeloupe", CivilSecond(2027, 7, 1, 4, 0, 0), CivilDay(2027, 7, 1)},
      {"America/Guadeloupe", CivilSecond(2027, 1, 1, 3, 59, 59), CivilDay(2026, 12, 31)},
      {"Europe/Paris", CivilSecond(1969, 12, 31, 23, 0, 0), CivilDay(1970, 1, 1)},
      {"Europe/Paris", CivilSecond(1960, 2, 28, 23, 30, 0), CivilDay(1960, 2, 29)},
  };
  for (const auto& row : rows)
    EXPECT_EQ(absl::ToCivilDay(absl::FromCivil(row.utc, absl::UTCTimeZone()),
                               FindTimeZone(row.zone).value()),
              row.day)
        << row.utc << " UTC in " << row.zone;
}

TEST(UtcDayNumber, CountsFrom1970BothWays) {
  const auto number = [](int year, int month, int day, int hour) {
    return UtcDayNumber(absl::FromCivil(CivilSecond(year, month, day, hour), absl::UTCTimeZone()));
  };
  EXPECT_EQ(number(1970, 1, 1, 0), 0);
  EXPECT_EQ(number(1970, 1, 1, 23), 0);
  EXPECT_EQ(number(1970, 1, 2, 0), 1);
  EXPECT_EQ(number(1969, 12, 31, 23), -1);
  EXPECT_EQ(number(1969, 12, 30, 23), -2);
  EXPECT_EQ(number(2026, 11, 30, 12), 20787);
}

TEST(AgeOn, CountsCompletedYears) {
  struct Row {
    CivilDay birth, day;
    int age;
  };
  const Row rows[] = {{CivilDay(2000, 3, 1), CivilDay(2027, 3, 1), 27},
                      {CivilDay(2000, 3, 2), CivilDay(2027, 3, 1), 26},
                      {CivilDay(2000, 2, 28), CivilDay(2027, 3, 1), 27},
                      {CivilDay(2000, 2, 29), CivilDay(2027, 2, 28), 26},
                      {CivilDay(2000, 2, 29), CivilDay(2027, 3, 1), 27},
                      {CivilDay(2000, 2, 29), CivilDay(2028, 2, 29), 28},
                      {CivilDay(2000, 12, 31), CivilDay(2027, 1, 1), 26}};
  for (const Row& row : rows)
    EXPECT_EQ(AgeOn(row.birth, row.day), row.age) << row.birth << " on " << row.day;
}

}  // namespace
}  // namespace vivier
