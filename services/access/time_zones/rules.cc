#include "services/access/time_zones/rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/access/v1/reasons.pb.h"

namespace vivier::access {
namespace {

using v1::DatedTimeZone;

// `today` is the day by the clocks of the time zone that is announced.
absl::StatusOr<absl::CivilDay> FirstDay(bool first, const v1::AnnounceTimeZoneRequest& request,
                                        absl::CivilDay today) {
  if (!request.has_start_date()) return first ? kBeginning : today;
  const absl::CivilDay day = ToCivil(request.start_date());
  if (day < today)
    return InvalidField("start_date", absl::StrCat("is before today, ", DateText(ToDate(today)),
                                                   " in ", request.time_zone()));
  if (day > AddMonths(today, kAheadMonthsMax))
    return InvalidField("start_date",
                        absl::StrCat("is more than ", kAheadMonthsMax, " months ahead"));
  return day;
}

}  // namespace

absl::StatusOr<Announcement> Announce(const std::vector<DatedTimeZone>& lines,
                                      const v1::AnnounceTimeZoneRequest& request, absl::Time now) {
  const std::optional<absl::TimeZone> zone = FindTimeZone(request.time_zone());
  if (!zone.has_value()) return InvalidField("time_zone", "is no IANA time zone");
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   FirstDay(lines.empty(), request, absl::ToCivilDay(now, *zone)));
  Announcement announced;
  DatedTimeZone& line = announced.line;
  if (!lines.empty() && lines.back().time_zone() == request.time_zone() &&
      ToCivil(lines.back().start_date()) <= day) {
    line = lines.back();
    return announced;
  }
  line.set_name(absl::StrCat(request.parent(), "/datedTimeZones/", DateText(ToDate(day))));
  announced.change = Announcement::Change::kInsert;
  int before = 0;
  for (const DatedTimeZone& old : lines) {
    if (ToCivil(old.start_date()) < day) {
      ++before;
    } else if (old.name() == line.name()) {
      line = old;
      announced.change = Announcement::Change::kReplace;
    } else {
      announced.withdrawn.push_back(old.name());
    }
  }
  if (before >= kTimeZonesMax)
    return Refused(v1::TOO_MANY_TIME_ZONES,
                   absl::StrCat("the school has ", before, " time zones before that day"),
                   {{"resource", request.parent()}});
  line.set_time_zone(request.time_zone());
  *line.mutable_start_date() = ToDate(day);
  *line.mutable_create_time() = ToTimestamp(now);
  return announced;
}

}  // namespace vivier::access
