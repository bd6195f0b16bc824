#include "shared/storage/engines/postgres_session.h"

#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/log/log_limit.h"
#include "shared/storage/engines/postgres_errors.h"
#include "shared/storage/engines/read_budget.h"

namespace vivier::storage {
namespace {

// Below the 5 s that a server gives a request: a dead host must not take the whole of it. Seconds.
constexpr char kConnectTimeout[] = "2";
// Unacknowledged bytes on a dead network are given up after this, milliseconds; the kernel would
// try for 15 minutes.
constexpr char kTcpUserTimeout[] = "4000";
// lock_timeout: a batch holds the head row for tens of milliseconds and a paused writer for one
// second at most, so a longer wait is a fault to report, not to sit out.
// idle_in_transaction_session_timeout: a writer that is paused with the head row locked stops its
// school; a reader stops only the clean-up of old row versions.
constexpr char kWriterSettings[] =
    "SET lock_timeout='3s'; SET idle_in_transaction_session_timeout='1s'; SET "
    "client_min_messages=error;"
    "SELECT set_config('synchronous_commit','on',false) WHERE "
    "current_setting('synchronous_commit')='off'";
constexpr char kReaderSettings[] =
    "SET lock_timeout='3s'; SET idle_in_transaction_session_timeout='60s'; SET "
    "client_min_messages=error";

// Byte order, as SQLite sorts: any other collation gives other pages of a list.
absl::Status CheckCollation(PGconn* connection) {
  constexpr char kSql[] =
      "SELECT 1 FROM pg_database WHERE datname = current_database() AND encoding = "
      "pg_char_to_encoding('UTF8')"
      " AND datlocprovider = 'c' AND datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')";
  const PostgresResult result(PQexec(connection, kSql));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return PostgresError(result.get(), kSql);
  if (PQntuples(result.get()) == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the PostgreSQL database must have encoding UTF8 and collation C.UTF-8");
}

// Only a role that may create in the database can create it; an existing schema needs no such
// right.
absl::Status CreateSchema(PGconn* connection, const std::string& schema) {
  const std::string exists =
      absl::StrCat("SELECT 1 FROM pg_namespace WHERE nspname = '", schema, "'");
  const PostgresResult result(PQexec(connection, exists.c_str()));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return PostgresError(result.get(), exists);
  if (PQntuples(result.get()) == 1) return absl::OkStatus();
  // Two at once would violate a unique index of the catalogue.
  return Execute(connection,
                 absl::StrCat("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('", schema,
                              "', 1)); CREATE SCHEMA IF NOT EXISTS \"", schema, "\"; COMMIT"));
}

// What libpq says names hosts and paths, which are the operator's to know and not the caller's.
absl::Status CannotConnect(PGconn* connection) {
  constexpr int kLinesPerSecond = 1;
  static LogLimit& limit = *new LogLimit(kLinesPerSecond);
  if (const std::optional<uint64_t> left_out = limit.Enter(absl::Now()); left_out.has_value())
    Log(LogLevel::kWarning, "the database cannot be reached",
        {{"error", absl::StripAsciiWhitespace(PQerrorMessage(connection))},
         {"left_out", absl::StrCat(*left_out)}});
  return absl::UnavailableError("the database cannot be reached");
}

absl::StatusOr<PostgresHandle> Connect(const std::string& conninfo) {
  // libpq expands the conninfo in place of dbname, and what comes later wins.
  const char* const names[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                               "dbname",          "client_encoding",  nullptr};
  const char* const values[] = {kConnectTimeout,  kTcpUserTimeout, "vivier",
                                conninfo.c_str(), "UTF8",          nullptr};
  PostgresHandle connection(PQconnectdbParams(names, values, /*expand_dbname=*/1));
  if (PQstatus(connection.get()) != CONNECTION_OK) return CannotConnect(connection.get());
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

absl::Status Configure(PGconn* connection, PostgresTarget& target, Access access) {
  RETURN_IF_ERROR(CheckCollation(connection));
  const std::string settings =
      access == Access::kWrite
          ? kWriterSettings
          : absl::StrCat(kReaderSettings,
                         "; SET statement_timeout=", absl::ToInt64Milliseconds(kReadTimeMax));
  RETURN_IF_ERROR(Execute(connection, settings));
  if (access == Access::kWrite) {
    const std::lock_guard<std::mutex> guard(target.mutex);
    if (!target.schema_ready) RETURN_IF_ERROR(CreateSchema(connection, target.schema));
    target.schema_ready = true;
  }
  return Execute(connection, absl::StrCat("SET search_path TO \"", target.schema, "\""));
}

}  // namespace

absl::Status Execute(PGconn* connection, const std::string& sql) {
  const PostgresResult result(PQexec(connection, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return absl::OkStatus();
  return PostgresError(result.get(), sql);
}

absl::StatusOr<PostgresHandle> OpenSession(PostgresTarget& target, Access access) {
  ASSIGN_OR_RETURN(PostgresHandle connection, Connect(target.conninfo));
  RETURN_IF_ERROR(Configure(connection.get(), target, access));
  return connection;
}

}  // namespace vivier::storage
