// Every command of the program, a row each: help, manual, completion and the reading of a command
// line follow from it. Function without state, thread-safe.
#pragma once

#include "shared/cli/command.h"

namespace vivier {

const cli::Table& Commands();

}  // namespace vivier
