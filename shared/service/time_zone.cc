#include "shared/service/time_zone.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/service/call.h"
#include "shared/storage/log/house_tables.h"

namespace vivier::rpc {
namespace {

using storage::Value;

struct Announced {
  google::type::Date since;
  std::string time_zone;
};

absl::StatusOr<std::vector<Announced>> Read(storage::Transaction& transaction) {
  ASSIGN_OR_RETURN(
      const std::vector<storage::Row> found,
      storage::house::TimeZones().Select(transaction, "since IS NOT NULL ORDER BY since", {}));
  std::vector<Announced> announced;
  for (const storage::Row& row : found) {
    const std::optional<google::type::Date> since = ReadDateText(std::get<std::string>(row[1]));
    if (!since.has_value())
      return Internal(absl::StrCat("a time zone of ", transaction.school(), " holds from no date"));
    announced.push_back({*since, std::get<std::string>(row[2])});
  }
  return announced;
}

}  // namespace

absl::CivilDay DayAt(const TimeZones& zones, absl::Time time) {
  for (auto dated = zones.rbegin(); dated != zones.rend(); ++dated)
    if (const absl::CivilDay day = absl::ToCivilDay(time, dated->zone); day >= dated->since)
      return day;
  return absl::ToCivilDay(time, absl::UTCTimeZone());
}

absl::Time StartOf(const TimeZones& zones, absl::CivilDay day) {
  for (auto dated = zones.rbegin(); dated != zones.rend(); ++dated)
    if (dated->since <= day) return absl::FromCivil(day, dated->zone);
  return absl::FromCivil(day, absl::UTCTimeZone());
}

absl::StatusOr<TimeZones> TimeZonesOf(storage::Transaction& transaction) {
  ASSIGN_OR_RETURN(const std::vector<Announced> announced, Read(transaction));
  TimeZones zones;
  for (const Announced& one : announced) {
    const std::optional<absl::TimeZone> zone = FindTimeZone(one.time_zone);
    if (!zone.has_value())
      return Internal(absl::StrCat("the time zone ", one.time_zone, " of ", transaction.school(),
                                   " is not known here: is the package tzdata installed?"));
    zones.push_back({ToCivil(one.since), *zone});
  }
  return zones;
}

absl::Status StoreTimeZone(storage::Unit& unit, const security::v1::TimeZoneChanged& changed) {
  const Value since(DateText(changed.since()));
  storage::Delete(unit, storage::house::TimeZones(), "since >= $2", {since});
  storage::Insert(unit, storage::house::TimeZones(), {unit.school(), since, changed.time_zone()});
  return absl::OkStatus();
}

absl::Status AnnounceTimeZone(Call& call, const std::string& time_zone, absl::CivilDay since) {
  security::v1::TimeZoneChanged changed;
  changed.set_school(absl::StrCat("schools/", call.school()));
  changed.set_time_zone(time_zone);
  *changed.mutable_since() = ToDate(since);
  RETURN_IF_ERROR(StoreTimeZone(call.unit(), changed));
  return call.Emit(changed);
}

}  // namespace vivier::rpc
