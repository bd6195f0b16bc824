// Dates and times: between messages and absl, along the calendar, and into a time zone. A civil
// day has no time zone: it is what stands on the calendar of whoever is asked. Pure functions,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace vivier {

// Whether the date is one of the calendar, of the years 1 to 9999: no absent part, no 30 February.
bool IsDate(const google::type::Date& date);

// The day of a date for which IsDate holds; another one is carried over, 30 February to 2 March.
absl::CivilDay ToCivil(const google::type::Date& date);
google::type::Date ToDate(absl::CivilDay day);

// "2027-03-01"
std::string DateText(const google::type::Date& date);

// The date of such a text; nullopt for everything else.
std::optional<google::type::Date> ReadDateText(absl::string_view text);

// Whole microseconds, as the tables keep them: what is finer is dropped, towards the past. Times
// outside of the years 1 to 9999, which no Timestamp holds, become the nearest that one holds.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// `count` months later, or earlier when it is negative; the last day of that month where it is too
// short: 31 January + 1 is 28 or 29 February.
absl::CivilDay AddMonths(absl::CivilDay day, int count);

// Which days of a week are worked where no holiday falls on them.
enum class WorkingWeek {
  kMondayToFriday,    // jours ouvrés
  kMondayToSaturday,  // jours ouvrables
};

using Holidays = std::set<absl::CivilDay>;

bool IsWorkingDay(absl::CivilDay day, WorkingWeek week, const Holidays& holidays);

// The `count`th working day after `day`, or before it when `count` is negative; `day` itself,
// worked or not, for 0.
absl::CivilDay AddWorkingDays(absl::CivilDay day, int count, WorkingWeek week,
                              const Holidays& holidays);

// The number of working days in [from, until); 0 where `until` is not after `from`.
int64_t WorkingDaysBetween(absl::CivilDay from, absl::CivilDay until, WorkingWeek week,
                           const Holidays& holidays);

// The time zone of an IANA name, "Europe/Paris"; nullopt for a name that is none. Names that depend
// on the machine ("localtime"), count leap seconds ("right/…") or lead to other files are none.
std::optional<absl::TimeZone> FindTimeZone(absl::string_view name);

// Whole days since 1970, UTC, for rows that are counted by day; negative before.
int64_t UtcDayNumber(absl::Time time);

// Completed years. Somebody born on 29 February completes one on 1 March where the year has no 29
// February.
int AgeOn(absl::CivilDay birth, absl::CivilDay day);

}  // namespace vivier
