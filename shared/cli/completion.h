// What a shell offers after "vivier", as a script for bash, zsh or fish. The names of rpcs are
// asked of the program when they are wanted. Functions without state, thread-safe.
#pragma once

#include <string>

#include "shared/cli/command.h"

namespace vivier::cli {

std::string BashCompletion(const Table& table);
std::string ZshCompletion(const Table& table);
std::string FishCompletion(const Table& table);

}  // namespace vivier::cli
