// Resource names (AIP-122): every resource of a school is schools/{school}/…. Thread-safe.
#pragma once

#include "absl/strings/string_view.h"

namespace vivier {

// The school of a resource name, "nancy" of "schools/nancy/cohorts/ai-1"; "" when it belongs to
// none.
absl::string_view SchoolOf(absl::string_view name);

}  // namespace vivier
