// The regions of France, which lists name and figures count by code. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier::statistics {

// INSEE's code of the region of that name, "44" of "Grand Est": case, accents, dashes and spaces
// make no difference. A code is its own. "" where there is none.
std::string RegionCode(absl::string_view text);

}  // namespace vivier::statistics
