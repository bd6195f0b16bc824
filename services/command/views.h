// Who sees which fields of the messages that show persons, written from the descriptors. Functions
// without state, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "shared/command/commands.h"

namespace vivier::command {

// What docs/views.md ends with: for each role, then for each permission of a school's own roles,
// the messages and their fields.
absl::StatusOr<std::string> ViewsByRole(const Modules& modules);

// views: prints it.
absl::StatusOr<int> Views(const Line& line, Modules modules);

}  // namespace vivier::command
