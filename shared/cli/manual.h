// Pages of the manual, man 1 vivier and one for each command, as roff. Functions without state,
// thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "shared/cli/command.h"

namespace vivier::cli {

std::string ManualOf(const Table& table, const std::string& version);
std::string ManualOf(const Command& command, const std::string& version);

// vivier.1, and vivier-COMMAND.1 for each command, in that folder, which is made.
absl::Status WriteManual(const Table& table, const std::string& version, const std::string& folder);

}  // namespace vivier::cli
