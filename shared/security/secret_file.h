// Secrets come from files that nobody but their owner can read. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vivier::security {

// The content of a regular file of at most 16 KiB without any permission for group and others (0600
// or 0400); where root owns it and we are not root, its group may read. A symbolic link to such a
// file is followed. FAILED_PRECONDITION, reason SECRET_FILE, with what to do.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

// Creates the file with mode 0600 and syncs it. ALREADY_EXISTS rather than overwrite a key.
absl::Status CreateSecretFile(const std::string& path, const std::string& content);

// The same of one that may be there, which is replaced as a whole. Its folder is made where it is
// missing, for nobody else to look into.
absl::Status ReplaceSecretFile(const std::string& path, const std::string& content);

}  // namespace vivier::security
