// Numbered migrations, one SQL text for both engines, compiled into the program. Owner "storage"
// has the tables of the house, every other owner is a service. Applied files are recorded with
// their SHA-256 in the table `migrations(owner, file, sha256, applied_at)`; a file that changed
// after it was applied stops the migrator. A line
// `-- append-only: NAME` gives table NAME the triggers of the engine that forbid DELETE, and UPDATE
// of anything but a column `mac`.
//
// A binary runs on a schema that is newer than itself, unless a migration says otherwise: a line
// `-- needs-binary: NNN` refuses every binary that does not know the owner's migration NNN.
// Thread-safe: every function opens what it needs or works on the connection it is given.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

struct Migration {
  std::string owner;  // "storage", or the folder of a service
  std::string file;   // NNN_name.sql
  std::string sql;
};

// All that are compiled in, by owner and file. The build generates the body from */schema/*.sql.
const std::vector<Migration>& AllMigrations();

// Applies what is missing of owner "storage", then of `service`, in file order, each in a write
// transaction of its own. Several processes may call it at once: each migration is applied once.
// FAILED_PRECONDITION when a file changed after it was applied, BINARY_TOO_OLD when an applied one
// needs a newer binary. On SQLite it needs the writer connection, so no other may be open.
absl::Status Migrate(Database& database, absl::string_view service);

// As above with the caller's list in place of AllMigrations().
absl::Status Migrate(Database& database, absl::string_view service,
                     absl::Span<const Migration> migrations);

// "owner/file" of every migration that is not applied yet. FAILED_PRECONDITION as Migrate.
absl::StatusOr<std::vector<std::string>> Pending(Database& database, absl::string_view service);
absl::StatusOr<std::vector<std::string>> Pending(Database& database, absl::string_view service,
                                                 absl::Span<const Migration> migrations);

// "owner/file" of each migration of the house and of `service` that the connection's table lists
// and that is not in `migrations` with that SHA-256 and that needed binary, and of each of those
// that it does not list: what its program did not write there. Files that are newer than all of
// their owner are a newer program's. Needs a transaction on `connection`.
absl::StatusOr<std::vector<std::string>> OddMigrations(Connection& connection,
                                                       absl::string_view service,
                                                       absl::Span<const Migration> migrations);

// Makes in an open transaction on an empty place what the migrations of the house and of `service`
// make, without taking note of them.
absl::Status MakeTables(Connection& connection, absl::string_view service,
                        absl::Span<const Migration> migrations);

// Whether the connection's table lists a migration of the house or of `service` that is newer than
// all that `migrations` has of its owner. Needs a transaction on `connection`.
absl::StatusOr<bool> IsNewer(Connection& connection, absl::string_view service,
                             absl::Span<const Migration> migrations);

// One column of a table, to compare with the fields of a message.
struct Column {
  std::string name;
  std::string type;  // "TEXT", "BIGINT" or "BYTEA"; any other as the engine spells it, upper case
  bool nullable = false;
  bool has_default = false;
  friend bool operator==(const Column&, const Column&) = default;
};

// The columns of `table` in their order; empty when there is no such table. Needs a transaction on
// `connection`.
absl::StatusOr<std::vector<Column>> Columns(Connection& connection, absl::string_view table);

// An index of a table; an expression in it has the column name "".
struct Index {
  std::vector<std::string> columns;
  bool unique = false;
  bool partial = false;
  friend bool operator==(const Index&, const Index&) = default;
};

// The indexes of `table`, its primary key too. Needs a transaction on `connection`.
absl::StatusOr<std::vector<Index>> Indexes(Connection& connection, absl::string_view table);

}  // namespace vivier::storage
