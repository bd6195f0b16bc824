// The rpcs of the routes and the messages of their requests, as JSON for the console, from the
// descriptors. Pure.
#pragma once

#include <string>

#include "shared/web/route.h"

namespace vivier::web {

// {"rpcs": [{"path", "service", "name", "permission", "input", "reads", "streams"}],
//  "messages": {"full.Name": [{"name", "kind", "type", "repeated", "required"}]},
//  "enums": {"full.Name": ["VALUE"]}}, in the order of names.
std::string SchemaOf(const Routes& routes);

}  // namespace vivier::web
