// In which time zone the school lives, from which day on. Each change is announced
// (TimeZoneChanged) and kept among the days of the service itself in the same transaction,
// elsewhere as soon as the log is followed (shared/service/time_zone.h). Stateless besides its
// table, hence thread-safe.
#pragma once

#include "shared/service/service.h"
#include "vivier/access/v1/time_zones.pb.h"

namespace vivier::access {

class TimeZones {
 public:
  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::DatedTimeZone> AnnounceTimeZone(rpc::Call& call,
                                                     const v1::AnnounceTimeZoneRequest& request);

  storage::Table<v1::DatedTimeZone> lines_;
};

}  // namespace vivier::access
