// Reads what somebody typed. The one file that includes CLI11 is parse.cc: its header takes six
// seconds to compile. Function without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/cli/command.h"

namespace vivier::cli {

// `words` follow the program's name. Options may stand anywhere, before the command too; after
// "--" all are arguments. With --help or -h anywhere the line is that of `help COMMAND`; with
// --version alone, of `version`. A misuse says in one line what is wrong.
absl::StatusOr<Line> Parse(const Table& table, const std::vector<std::string>& words);

}  // namespace vivier::cli
