// What one reading may cost, whoever asks, kept by the engine: SQLite's progress handler counts
// from the beginning of the transaction to its end, PostgreSQL's statement_timeout each statement.
// A writer is never interrupted, nor who reads long on purpose (Access::kLongRead).
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/error.h"

namespace vivier::storage {

// Instructions of SQLite's machine, of which a core does some hundred million a second. The largest
// page, 500 rows of 30 columns, takes 30,000; a row that is passed over takes 15. So 60,000 rows
// are passed over, in 10 ms: others wait for a thread meanwhile.
inline constexpr int kReadStepsMax = 1'000'000;
// How often the handler looks: one look costs less than a hundredth of these.
inline constexpr int kReadStepsPerLook = 2'000;
// Of the clock: a cold disk takes the machine's steps slowly. A fifth of what a request without a
// deadline is given.
inline constexpr absl::Duration kReadTimeMax = absl::Seconds(1);

inline absl::Status ReadTooLarge() {
  return Error(
      absl::StatusCode::kResourceExhausted, "READ_TOO_LARGE",
      "the request reads more than one request may; ask for less: filter by a name or by a "
      "shorter range, or take smaller pages");
}

}  // namespace vivier::storage
