// The SQLite driver. One file is written by one connection of one process (PATH.lock says so),
// which alone moves the write-ahead log into the file; SQLite 3.40 may damage a file whose log two
// connections reset at once. Readers see a snapshot and never wait. See database.h for
// thread-safety.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// `path` names a file that the first kWrite connection creates, readable by its owner only.
absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path);

// A connection to a database in memory, which ends with it: to see what statements make.
absl::StatusOr<std::unique_ptr<Connection>> OpenSqliteInMemory();

}  // namespace vivier::storage
