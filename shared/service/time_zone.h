// The school's days: in which time zone it lives, from which day on, as rows in the database of the
// very service that asks. The service whose index says keeps_time_zone announces each change
// (TimeZoneChanged); every other one follows. A school of which nothing was announced lives in UTC.
// Functions over a transaction belong to its thread; the others are pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "shared/storage/log/unit.h"
#include "vivier/security/v1/time_zone.pb.h"

namespace vivier::rpc {

class Call;

struct DatedTimeZone {
  absl::CivilDay since;
  absl::TimeZone zone;
};
using TimeZones = std::vector<DatedTimeZone>;  // the earliest first

// The civil day at `time`. A time zone counts from the start of its first day, told by its own
// clocks.
absl::CivilDay DayAt(const TimeZones& zones, absl::Time time);

// The first instant of `day`.
absl::Time StartOf(const TimeZones& zones, absl::CivilDay day);

// Those of the transaction's school.
absl::StatusOr<TimeZones> TimeZonesOf(storage::Transaction& transaction);

// Keeps what was announced.
absl::Status StoreTimeZone(storage::Unit& unit, const security::v1::TimeZoneChanged& changed);

// Keeps and announces that the school's days are those of `time_zone`, the name of one, from
// `since` on.
absl::Status AnnounceTimeZone(Call& call, const std::string& time_zone, absl::CivilDay since);

}  // namespace vivier::rpc
