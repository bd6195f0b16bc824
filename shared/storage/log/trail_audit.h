// Whether the chains of a school are whole: the log, and the two trails. Each check tells every
// breach and gives how many records it has looked at. Of readings it also tells whether nothing is
// missing but what has ended, and that an act says so. Thread-safe as the transaction is.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "shared/storage/log/mac_audit.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

absl::StatusOr<int64_t> CheckLog(Transaction& transaction, const MacBreach& breach);
absl::StatusOr<int64_t> CheckActs(Transaction& transaction, const MacBreach& breach);
absl::StatusOr<int64_t> CheckReadings(Transaction& transaction, const MacBreach& breach);

// Whether the last act that names a row left it in the version that it has. Acts that changed more
// rows than a record names may have changed any; as many versions as these may differ.
absl::StatusOr<int64_t> CheckVersions(Transaction& transaction,
                                      absl::Span<const Schema* const> schemas,
                                      const MacBreach& breach);

// What the act says that ended the readings up to this one.
std::string EndedText(int64_t first, int64_t last, absl::string_view hash);
// By which tick that is.
inline constexpr char kEndReadings[] = "vivier.EndReadings";

}  // namespace vivier::storage
