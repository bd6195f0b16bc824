// What the rows of an erased person prove, by their type. None of them holds personal data once the
// person's keys are destroyed; they name them by a name that leads nowhere. Until when each kind of
// proof is kept stands in the erasure itself (KeptPeriod of vivier/options/v1/erasure.proto). The
// table is the trade's: services/policy/retention.cc. Pure functions, thread-safe.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace vivier::site {

struct ProvingRows {
  absl::string_view type;  // "vivier.fr/PresenceEntry"
  absl::string_view kind;  // "PRESENCE", as the rule of the periods calls it
};

absl::Span<const ProvingRows> AllProvingRows();

// What rows of the type prove, "" where they prove nothing that outlives an erasure.
absl::string_view ProvedBy(absl::string_view type);

}  // namespace vivier::site
