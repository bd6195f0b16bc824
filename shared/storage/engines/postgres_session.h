// Opens a PostgreSQL session that sorts, gives up and finds its tables as the driver needs it.
// Functions without state, thread-safe.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

struct FinishSession {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PostgresHandle = std::unique_ptr<PGconn, FinishSession>;

// Where the connections of one database lead.
struct PostgresTarget {
  std::string schema;
  std::string conninfo;
  std::mutex mutex;
  bool schema_ready = false;  // guarded by mutex
};

// Connects and configures; the first kWrite session of a target creates its schema.
absl::StatusOr<PostgresHandle> OpenSession(PostgresTarget& target, Access access);

// Runs statements without parameters, outside of pipeline mode.
absl::Status Execute(PGconn* connection, const std::string& sql);

}  // namespace vivier::storage
