#include "shared/base/date.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "re2/re2.h"

namespace vivier {
namespace {

constexpr int kYearMin = 1, kYearMax = 9999;
constexpr int kWeekDays = 7;

// What a Timestamp may hold (google/protobuf/timestamp.proto): the years 1 to 9999, UTC.
constexpr int64_t kSecondsMin = -62135596800, kSecondsMax = 253402300799;

// No time zone's name is longer: "America/Argentina/ComodRivadavia" has 32.
constexpr size_t kTimeZoneNameBytesMax = 64;

int64_t WorkedEachWeek(WorkingWeek week) { return week == WorkingWeek::kMondayToFriday ? 5 : 6; }

}  // namespace

bool IsDate(const google::type::Date& date) {
  if (date.year() < kYearMin || date.year() > kYearMax) return false;
  const absl::CivilDay day = ToCivil(date);
  return day.year() == date.year() && day.month() == date.month() && day.day() == date.day();
}

absl::CivilDay ToCivil(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

google::type::Date ToDate(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::string DateText(const google::type::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::optional<google::type::Date> ReadDateText(absl::string_view text) {
  int year = 0, month = 0, day = 0;
  static const RE2& form = *new RE2("([0-9]{4})-([0-9]{2})-([0-9]{2})");
  if (!RE2::FullMatch(re2::StringPiece(text.data(), text.size()), form, &year, &month, &day))
    return std::nullopt;
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  if (!IsDate(date)) return std::nullopt;
  return date;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  time = std::clamp(time, absl::FromUnixSeconds(kSecondsMin),
                    absl::FromUnixSeconds(kSecondsMax + 1) - absl::Microseconds(1));
  const int64_t seconds = absl::ToUnixSeconds(time);
  const absl::Duration rest = time - absl::FromUnixSeconds(seconds);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(absl::ToInt64Microseconds(rest) * 1000));
  return timestamp;
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Floor(absl::Nanoseconds(timestamp.nanos()), absl::Microseconds(1));
}

absl::CivilDay AddMonths(absl::CivilDay day, int count) {
  const absl::CivilMonth month = absl::CivilMonth(day) + count;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return absl::CivilDay(month) + (std::min(day.day(), last.day()) - 1);
}

bool IsWorkingDay(absl::CivilDay day, WorkingWeek week, const Holidays& holidays) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  if (weekday == absl::Weekday::sunday) return false;
  if (weekday == absl::Weekday::saturday && week == WorkingWeek::kMondayToFriday) return false;
  return holidays.count(day) == 0;
}

absl::CivilDay AddWorkingDays(absl::CivilDay day, int count, WorkingWeek week,
                              const Holidays& holidays) {
  const int step = count < 0 ? -1 : 1;
  while (count != 0) {
    day += step;
    if (IsWorkingDay(day, week, holidays)) count -= step;
  }
  return day;
}

int64_t WorkingDaysBetween(absl::CivilDay from, absl::CivilDay until, WorkingWeek week,
                           const Holidays& holidays) {
  if (until <= from) return 0;
  const int64_t weeks = (until - from) / kWeekDays;
  int64_t count = weeks * WorkedEachWeek(week);
  for (absl::CivilDay day = from + weeks * kWeekDays; day < until; ++day)
    count += IsWorkingDay(day, week, {});
  for (auto day = holidays.lower_bound(from); day != holidays.end() && *day < until; ++day)
    count -= IsWorkingDay(*day, week, {});
  return count;
}

std::optional<absl::TimeZone> FindTimeZone(absl::string_view name) {
  static const RE2& form = *new RE2("[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*");
  absl::TimeZone zone;
  if (name.size() > kTimeZoneNameBytesMax || absl::StartsWith(name, "Fixed/") ||
      !RE2::FullMatch(re2::StringPiece(name.data(), name.size()), form) ||
      !absl::LoadTimeZone(name, &zone))
    return std::nullopt;
  return zone;
}

int64_t UtcDayNumber(absl::Time time) {
  return absl::ToCivilDay(time, absl::UTCTimeZone()) - absl::CivilDay(1970, 1, 1);
}

int AgeOn(absl::CivilDay birth, absl::CivilDay day) {
  const int years = static_cast<int>(day.year() - birth.year());
  // 29 February of a common year normalises to 1 March.
  return absl::CivilDay(day.year(), birth.month(), birth.day()) <= day ? years : years - 1;
}

}  // namespace vivier
