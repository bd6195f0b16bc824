#include "services/access/time_zones/time_zones.h"

#include <map>
#include <string>
#include <vector>

#include "services/access/time_zones/rules.h"
#include "shared/base/date.h"
#include "shared/base/status.h"
#include "shared/service/time_zone.h"

namespace vivier::access {

using rpc::Call;
using v1::DatedTimeZone;

namespace {

// What is announced is what access itself counts the days in.
absl::StatusOr<rpc::Breaches> CheckLines(storage::Transaction& transaction) {
  ASSIGN_OR_RETURN(const rpc::TimeZones counted, rpc::TimeZonesOf(transaction));
  std::map<std::string, std::string> zones;  // by first day
  for (const rpc::DatedTimeZone& one : counted)
    zones[DateText(ToDate(one.since))] = one.zone.name();
  ASSIGN_OR_RETURN(const storage::Result announced,
                   transaction.connection().Query(
                       "SELECT name, COALESCE(start_date, ''), time_zone FROM dated_time_zones "
                       "WHERE school = $1 AND name > '' ORDER BY name",
                       {storage::Value(transaction.school())}));
  rpc::Breaches breaches;
  for (const storage::Row& row : announced.rows) {
    ++breaches.checked;
    const auto zone = zones.extract(std::get<std::string>(row[1]));
    const std::string& said = std::get<std::string>(row[2]);
    if (zone.empty() || zone.mapped() != said)
      breaches.Add(std::get<std::string>(row[0]), "access does not count the days in " + said);
  }
  for (const auto& [day, zone] : zones)
    breaches.Add("time_zones/" + day, zone + " was not announced");
  return breaches;
}

}  // namespace

void TimeZones::AddTo(rpc::Service& service) {
  service.Standard(lines_)
      .On(*this, &TimeZones::AnnounceTimeZone)
      .Follows("I13", "dated_time_zones: name, time_zone, start_date", &CheckLines);
}

absl::StatusOr<DatedTimeZone> TimeZones::AnnounceTimeZone(
    Call& call, const v1::AnnounceTimeZoneRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<DatedTimeZone> lines,
                   lines_.Select(call, "name > '' ORDER BY name", {}));
  ASSIGN_OR_RETURN(Announcement announced, Announce(lines, request, call.time()));
  DatedTimeZone& line = announced.line;
  if (announced.change == Announcement::Change::kNone) return line;
  for (const std::string& name : announced.withdrawn) RETURN_IF_ERROR(lines_.Delete(call, name));
  RETURN_IF_ERROR(announced.change == Announcement::Change::kInsert ? lines_.Insert(call, line)
                                                                    : lines_.Update(call, line));
  RETURN_IF_ERROR(rpc::AnnounceTimeZone(call, line.time_zone(), ToCivil(line.start_date())));
  return line;
}

}  // namespace vivier::access
