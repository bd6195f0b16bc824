// What stays of an erased person, for how long and by which text, by the type of a row. None of
// these rows holds personal data once the person's keys are destroyed; they name them by a name
// that leads nowhere. The table is the trade's: services/policy/retention.cc. Pure functions,
// thread-safe.
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
