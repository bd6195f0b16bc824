// From which day on an announced time zone holds, and which others end with it: the only place
// where it is decided. Pure functions; no clock, no storage. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "vivier/access/v1/time_zones.pb.h"

namespace vivier::access {

// The first day of what holds from the beginning.
inline constexpr absl::CivilDay kBeginning(1, 1, 1);
// How far ahead a time zone is announced. A country that changes its clocks says so months before;
// what is further away is a slip of the pen.
inline constexpr int kAheadMonthsMax = 24;
// Time zones of a school. No school moves as often, and every call that asks for the day reads all.
inline constexpr int kTimeZonesMax = 100;

struct Announcement {
  enum class Change {
    kNone,     // `line` is what holds
    kInsert,   // `line` is stored
    kReplace,  // `line` takes the place of the one of that name
  };

  Change change = Change::kNone;
  v1::DatedTimeZone line;
  std::vector<std::string> withdrawn;  // names
};

// What the request asks for at `now`, at a school of these `lines`, the earliest first.
// INVALID_ARGUMENT, naming the field, for what is no time zone, a day before today or too far
// ahead; TOO_MANY_TIME_ZONES.
absl::StatusOr<Announcement> Announce(const std::vector<v1::DatedTimeZone>& lines,
                                      const v1::AnnounceTimeZoneRequest& request, absl::Time now);

}  // namespace vivier::access
