// Who may include whom: the folders of our code from bottom to top. A folder includes itself and
// what stands below it, so there is no circle, and a reader who begins at the bottom meets nothing
// that they have not read. Services never include each other: each could run on a machine of its
// own. Functions without state, thread-safe.
//
//   tests  ▲  may include everything below
//   demo, services
//   services/<service>/<part>     beside each other, parts of one service above each other
//   shared/…                      knows no trade
//   shared/base                   knows nothing
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/tree.h"

namespace vivier::tidy {

// From bottom to top. A new folder is one line here.
const std::vector<std::string>& Storeys();

// Includes upwards, folders without a line, lines without a folder, the trade in shared/.
Findings CheckFolders(const Tree& tree, const std::vector<std::string>& storeys);

// A header whose first comment says "pure functions" (or "Pure, thread-safe") promises that its
// unit reads nothing but arguments; so it can be a row of a test. Such a header and its .cc include
// nothing that stores, calls, waits or tells the time, nor do our headers that they include.
Findings CheckPurity(const Tree& tree);

}  // namespace vivier::tidy
