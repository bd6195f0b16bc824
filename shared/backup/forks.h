// What a site holds after one of its databases went back to the past alone: what its followers had
// applied of it and it no longer knows, and what would be lost by going back to a backup. Both are
// read from the audit trails, which have one record for each write and each event that a service
// reacted to. Thread-safe as the cut that is given.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/backup/cut.h"
#include "shared/backup/store.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::backup {

// A follower that stands where its producer's log does not reach, or says something else.
struct Fork {
  std::string school, follower, producer;
  int64_t cursor = 0;   // the last event that the follower has taken note of
  int64_t log_end = 0;  // the last one that the producer's log has
  // What the follower did for events that the log does not hold, in its order: the event's type is
  // the method, and PRODUCER/NUMBER the request_id.
  std::vector<site::v1::AuditRecord> effects;
};

absl::StatusOr<std::vector<Fork>> FindForks(const Cut& cut);

// The records of the audit trails of `cut` that the generation does not have: all that is lost by
// going back to it.
absl::StatusOr<std::vector<site::v1::AuditRecord>> RecordsBeyond(const Cut& cut,
                                                                 const v1::Manifest& manifest,
                                                                 const Store& store);

}  // namespace vivier::backup
