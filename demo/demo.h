// `vivier demo`: tells a story on a running site, then prints its figures. Exit status 1 when a
// step is refused or a stated sum does not hold.
#pragma once

#include "shared/command/commands.h"

namespace vivier::demo {

absl::StatusOr<int> Run(const cli::Line& line, command::Modules modules);

}  // namespace vivier::demo
