// The end of readings: who was shown whom is kept by name for a time, and then only counted, by
// month and rpc. The times are the trade's: services/policy/readings.cc. What ends is the oldest
// records of the trail of readings, in steps, and the rows of `person_reads` of the same days; each
// step leaves its counts, a row of `ended_readings` and an act that says which numbers ended and
// with which hash, so that `verify` proves the rest, and that nothing else is missing.
//
//   reading 1 … 500 │ 501 … 1000 │ 1001 …      ended_readings/500, /1000     reading_counts
//   ended ──────────┴─ ended ────┘ kept        act "readings 501 to 1000 …"  2026-11, GetCandidate
//
// Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/rpc/readers.h"
#include "shared/storage/log/writer.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::site {

struct ReadingPolicy {
  int months;                  // for which readings are kept
  int months_min, months_max;  // which a site may set, beyond `months` with a reason
  absl::string_view source;
};
const ReadingPolicy& Readings();

// How many months the site keeps them; INVALID_ARGUMENT where its configuration sets a time that
// the policy does not give.
absl::StatusOr<int> MonthsOfReadings(const config::v1::Config& config);

// The first day, in days since 1970, of which readings are kept still.
int64_t FirstDayOfReadings(absl::Time now, int months);

// Ends those of all days before that one, in transactions that each hold the writer shortly.
absl::Status EndReadings(storage::Writer& writer, rpc::Readers& readers, const std::string& school,
                         int64_t first_day);

}  // namespace vivier::site
