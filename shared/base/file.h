// Files that must be on the disk when a call returns, and files that people ask for. Functions
// without state.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace vivier {

// Appends the text, whole, to a file that only its owner may read and that it creates if need be.
// UNAVAILABLE when it may not be on the disk.
absl::Status AppendSynced(const std::string& path, const std::string& text);

// Puts on the disk all that was written to the file system of `folder`: one call for any number of
// files. UNAVAILABLE when it may not be there.
absl::Status SyncFileSystem(const std::string& folder);

// Makes or replaces a file that somebody named in `field`, and makes the folders that it stands in.
// INVALID_ARGUMENT of that field where it cannot.
absl::Status WriteNamed(const std::string& field, const std::string& path,
                        const std::string& bytes);

}  // namespace vivier
