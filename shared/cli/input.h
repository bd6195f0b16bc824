// What a command reads besides its own words. Functions without state, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace vivier::cli {

// All of a file, or of standard input where its path is "-": 64 MiB at most. A misuse where it
// cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The word itself; after "@" the file of that path, of "-" standard input.
absl::StatusOr<std::string> ReadWord(const std::string& word);

}  // namespace vivier::cli
