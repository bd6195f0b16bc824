// `vivier demo`: tells a story on a running site, then prints its figures. Exit status 1 when a
// step is refused or a stated sum does not hold.
#pragma once

#include "shared/command/commands.h"

namespace vivier::demo {

int Run(const command::Arguments& arguments, command::Modules modules);

}  // namespace vivier::demo
