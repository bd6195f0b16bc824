#include "shared/service/call.h"

#include "shared/base/status.h"

namespace vivier::rpc {

absl::StatusOr<const TimeZones*> Call::Zones() {
  if (!zones_.has_value()) {
    ASSIGN_OR_RETURN(zones_, TimeZonesOf(unit_.transaction()));
  }
  return &*zones_;
}

absl::StatusOr<absl::CivilDay> Call::DayOf(absl::Time time) {
  ASSIGN_OR_RETURN(const TimeZones* zones, Zones());
  return DayAt(*zones, time);
}

absl::StatusOr<absl::Time> Call::StartOf(absl::CivilDay day) {
  ASSIGN_OR_RETURN(const TimeZones* zones, Zones());
  return rpc::StartOf(*zones, day);
}

}  // namespace vivier::rpc
