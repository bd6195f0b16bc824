// The list of erasures (shared/process/erasure_list.h) between a data folder and a folder of
// backups. It belongs to no generation: whichever is restored, the newest list says who stays
// erased. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace vivier::backup {

// Adds to the lists in folder `to` the lines that only those in `from` have. Nothing is ever taken
// away.
absl::Status MergeErased(const std::string& from, const std::string& to);

}  // namespace vivier::backup
