// Looks for given words wherever a site keeps anything: in the bytes of its files, in the clear
// columns of its databases, and in what any key that still exists opens. Functions without state.
#pragma once

#include <string>
#include <vector>

#include "shared/security/school_key.h"

namespace vivier::testing {

using Words = std::vector<std::string>;
// Where a word was found, "PLACE: WORD", each once.
using Hits = std::vector<std::string>;

Hits FindIn(const std::string& place, const std::string& text, const Words& words);

// In every file below the folder, database files and their logs included.
Hits FindInFiles(const std::string& folder, const Words& words);

// In every value of every table, as it is stored.
Hits FindInTables(const std::string& url, const Words& words);

// In every sealed value that one of the keys in `person_keys` opens.
Hits FindInSealed(const std::string& url, const security::SchoolKey& school_key,
                  const Words& words);

}  // namespace vivier::testing
