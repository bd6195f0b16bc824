// What stays of an erased person, for how long and by which text: one table, by the type of a row.
// None of these rows holds personal data once his keys are destroyed; they name him by a name that
// leads nowhere. Pure; thread-safe.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace vivier::site {

struct RetentionRule {
  absl::string_view type;  // "vivier.fr/PresenceEntry"
  int months;              // 0 where no text sets a period for what is left
  absl::string_view since;
  absl::string_view source;
};

absl::Span<const RetentionRule> RetentionRules();

// The rule of the type; for a type without one, that it holds nothing of the person any more.
const RetentionRule& RetentionOf(absl::string_view type);

}  // namespace vivier::site
