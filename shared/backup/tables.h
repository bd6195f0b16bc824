// The tables of a service as rows of plain values, the same on both engines, so that what was read
// from one can be written to the other. Thread-safe as the connection that each function is given.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"

namespace vivier::backup {

struct Table {
  std::string name;
  std::vector<std::string> columns;  // in the order of the schema
  std::vector<std::string> key;      // the columns of the primary key, in its order
};

// The name that qualifies the tables of a service: its schema on PostgreSQL, the one file on
// SQLite.
std::string SchemaOf(storage::Engine engine, const std::string& service);

// All tables of `schema` but the one that lists its migrations, by name; none where there is no
// such schema.
absl::StatusOr<std::vector<Table>> ReadTables(storage::Connection& connection,
                                              const std::string& schema);

// Hands every row of the table to `take`, in the order of the primary key.
absl::Status ReadRows(storage::Connection& connection, const std::string& schema,
                      const Table& table,
                      const std::function<absl::Status(const storage::Row&)>& take);

// The statement that inserts a row with these columns.
std::string InsertInto(const std::string& table, const std::vector<std::string>& columns);

}  // namespace vivier::backup
