// SQLite's result codes in our words. Thread-safe as the connection it reads from: one thread at a
// time.
#pragma once

#include <sqlite3.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace vivier::storage {

// The status of the failed call that `db` saw last; `code` is its extended result code. A violated
// unique index or primary key gets the name that PostgreSQL gives it: the index, TABLE_pkey, or
// TABLE_COLUMN…_key.
absl::Status SqliteError(sqlite3* db, int code, absl::string_view sql);

}  // namespace vivier::storage
