// The explicit list of what this executable can serve.
#pragma once

#include <vector>

#include "shared/site/module.h"

namespace vivier {

// Every service, in the order in which they start.
std::vector<site::Module> AllModules();

}  // namespace vivier
