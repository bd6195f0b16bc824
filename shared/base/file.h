// Files that must be on the disk when a call returns. Functions without state.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace vivier {

// Appends the text, whole, to a file that only its owner may read and that it creates if need be. UNAVAILABLE when it
// may not be on the disk.
absl::Status AppendSynced(const std::string& path, const std::string& text);

}  // namespace vivier
