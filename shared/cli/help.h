// What the program says of itself: `vivier --help`, `vivier help COMMAND`, and the same as pages of
// the manual. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "shared/cli/command.h"

namespace vivier::cli {

// All commands, by who needs them, and the exit statuses.
std::string Overview(const Table& table);

// One command: its arguments, examples and options.
std::string HelpOf(const Command& command);

// What each exit status means, "0  done".
std::vector<std::pair<int, std::string>> ExitStatuses();

// "Run a school".
std::string TitleOf(Group group);

// "  --data DIR", and what stands behind it.
struct Entry {
  std::string head;
  std::string text;
};
Entry EntryOf(const Option& option);

}  // namespace vivier::cli
