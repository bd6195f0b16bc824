// Whether a value is of its option's kind, and arguments are those of their command. A misuse says
// what was given and what is expected. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/cli/command.h"

namespace vivier::cli {

absl::Status Judge(const Option& option, const std::string& value);

absl::Status JudgeArguments(const Command& command, const std::vector<std::string>& arguments);

}  // namespace vivier::cli
