// One SQL text, two engines. What SQLite and PostgreSQL share is written as it is ($1 parameters,
// RETURNING, ON CONFLICT … DO UPDATE, partial unique indexes, row values); what differs is absorbed
// by the two drivers behind this interface or forbidden (docs/storage.md lists both). There is no
// SQL generator.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace vivier::storage {

enum class Engine { kSqlite, kPostgres };

// BYTEA on PostgreSQL, BLOB on SQLite.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// NULL, BIGINT, TEXT or BYTEA: the only four types of a column. Booleans are 0 and 1, times are
// microseconds since 1970 UTC, civil dates are text. A text that holds a NUL or is not UTF-8 is
// refused by both drivers.
using Value = std::variant<std::monostate, int64_t, std::string, Bytes>;
using Row = std::vector<Value>;

struct Result {
  std::vector<Row> rows;
  int64_t changes = 0;  // rows that an INSERT, UPDATE or DELETE touched
};

// kRead is within the budget of a request (read_budget.h); kLongRead says that it reads long on
// purpose: a backup, a verification, an export. Both take the same connections.
enum class Access { kRead, kLongRead, kWrite };

// One connection. Not thread-safe: each belongs to one thread at a time.
//
// Errors, the same for both engines; the engine's own text, which may print row values, never
// leaves the driver:
//   ALREADY_EXISTS       a primary key or unique index; the message names the constraint only
//   FAILED_PRECONDITION  a CHECK, NOT NULL or append-only trigger
//   ABORTED              serialization failure or deadlock: run the whole transaction again
//   RESOURCE_EXHAUSTED   disk full; READ_TOO_LARGE: a kRead transaction went over its budget
//   UNAVAILABLE          connection lost, database busy; after a COMMIT: outcome unknown
//   DATA_LOSS            damaged file, or a failed fsync: the process must stop, nothing is retried
//   INTERNAL             a defect: wrong SQL, wrong number of parameters, a type that the driver
//                        refuses (NUMERIC)
// The first failed statement poisons the transaction on both engines: every later one answers that
// same error until Rollback.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Engine engine() const = 0;

  // kWrite takes the write lock at once (BEGIN IMMEDIATE on SQLite); kRead and kLongRead open a
  // snapshot that stays the same until Commit or Rollback.
  virtual absl::Status Begin(Access access) = 0;
  virtual absl::Status Commit() = 0;
  virtual void Rollback() = 0;

  // Runs one statement and gives its rows.
  virtual absl::StatusOr<Result> Query(absl::string_view sql,
                                       absl::Span<const Value> parameters = {}) = 0;

  // Runs several statements in one round trip and gives a result for each; the first error ends it.
  struct Statement {
    std::string sql;
    std::vector<Value> parameters;
  };
  virtual absl::StatusOr<std::vector<Result>> QueryAll(absl::Span<const Statement> statements) = 0;

  // Queues a statement whose rows nobody needs: SQLite runs it now, PostgreSQL sends it in one trip
  // together with the next Query or Commit, and then reports its failure there. With
  // expected_changes ≥ 0 another number of touched rows is ABORTED.
  virtual absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                            int64_t expected_changes = -1) = 0;

  // Runs a script of statements without parameters, each ended by a semicolon (migrations only).
  virtual absl::Status Script(absl::string_view sql) = 0;

  // Housekeeping of an idle writer: SQLite checkpoints its log when it passed its bound (or when
  // `idle`), PostgreSQL does nothing. Never inside a transaction.
  virtual absl::Status Maintain(bool idle) = 0;

  // False once a transaction was lost behind our back (SQLite rolls back by itself on FULL, IOERR,
  // NOMEM).
  virtual bool InTransaction() const = 0;

  // An error makes that nothing of the open transaction is committed: for a work that was done in
  // part. Gives the status back.
  virtual absl::Status Poison(absl::Status status) = 0;

  // OK while the open transaction can go on; else the error that poisoned it, or UNAVAILABLE when
  // it was lost.
  virtual absl::Status Health() const = 0;
};

// What an engine finds of the pages that it keeps.
struct StorageCheck {
  int64_t checked = 0;               // pages of SQLite, tables and indexes of PostgreSQL
  std::vector<std::string> damaged;  // a line each, which shows no value of a row
  std::string not_checked;           // what could not be looked at and why; "" where all was
};

// Thread-safe: any thread may open connections.
class Database {
 public:
  virtual ~Database() = default;
  virtual Engine engine() const = 0;
  // On SQLite at most one kWrite connection may be open per file at a time, in one process (a lock
  // file beside the database says so); it alone checkpoints.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect(Access access) = 0;
  // Reads all that the engine keeps, from the disk as far as the machine lets it, and says what is
  // damaged.
  virtual absl::StatusOr<StorageCheck> CheckStorage() = 0;

  // `url` is sqlite:PATH, or postgres:SCHEMA:CONNINFO (a libpq connection string; the driver
  // creates the schema when the first kWrite connection opens and works in it alone).
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& url);
};

}  // namespace vivier::storage
