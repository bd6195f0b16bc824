#include "shared/storage/engines/postgres_errors.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/storage/engines/driver.h"

namespace vivier::storage {
namespace {

absl::string_view Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

absl::Status NotNull(const PGresult* result) {
  return Violation(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(Field(result, PG_DIAG_TABLE_NAME), "_",
                                Field(result, PG_DIAG_COLUMN_NAME), "_not_null"));
}

using Make = absl::Status (*)(const PGresult* result);

absl::Status Exists(const PGresult* result) {
  return Violation(absl::StatusCode::kAlreadyExists, Field(result, PG_DIAG_CONSTRAINT_NAME));
}
absl::Status Refuses(const PGresult* result) {
  return Violation(absl::StatusCode::kFailedPrecondition, Field(result, PG_DIAG_CONSTRAINT_NAME));
}
absl::Status ForeignKey(const PGresult*) {  // SQLite does not know which
  return Violation(absl::StatusCode::kFailedPrecondition, "foreign_key");
}
absl::Status Again(const PGresult*) {
  return absl::AbortedError("serialization failure or deadlock; run it again");
}
absl::Status DiskFull(const PGresult*) {
  return absl::ResourceExhaustedError("the disk of the database is full");
}
absl::Status Damaged(const PGresult*) {
  return absl::DataLossError("the database is damaged; restore it");
}
absl::Status NotText(const PGresult*) {
  return absl::InvalidArgumentError("text holds a NUL or is not UTF-8");
}
absl::Status Cancelled(const PGresult*) {
  return absl::CancelledError("the database ended the statement");
}
absl::Status NotAvailable(const PGresult* result) {
  return absl::UnavailableError(
      absl::StrCat("the database is not available, SQLSTATE ", SqlState(result)));
}

// The first row whose prefix fits; a full SQLSTATE stands before its class.
struct ClassRow {
  absl::string_view prefix;
  Make make;
};

constexpr ClassRow kRows[] = {
    {"23505", Exists},        // unique_violation
    {"23502", NotNull},       // not_null_violation
    {"23503", ForeignKey},    // foreign_key_violation
    {"23", Refuses},          // check_violation, exclusion_violation
    {"P0001", Refuses},       // raise_exception: an append-only trigger
    {"22021", NotText},       // character_not_in_repertoire
    {"40003", NotAvailable},  // statement_completion_unknown
    {"40", Again},            // serialization_failure, deadlock_detected
    {"53100", DiskFull},      // disk_full
    {"53", NotAvailable},     // out_of_memory, too_many_connections
    {"55P03", NotAvailable},  // lock_not_available: lock_timeout passed
    {"57014", Cancelled},     // query_canceled: statement_timeout passed, or the operator's will
    {"57", NotAvailable},     // admin_shutdown, crash_shutdown, cannot_connect_now
    {"25P03", NotAvailable},  // idle_in_transaction_session_timeout
    {"58", NotAvailable},     // system_error outside of PostgreSQL
    {"XX001", Damaged},       // data_corrupted
    {"XX002", Damaged},       // index_corrupted
    {"080", NotAvailable},    // connection_exception; 08P01 protocol_violation is a defect of ours
};

}  // namespace

absl::string_view SqlState(const PGresult* result) { return Field(result, PG_DIAG_SQLSTATE); }

absl::Status PostgresError(const PGresult* result, absl::string_view sql) {
  const absl::string_view state = SqlState(result);
  if (state.empty()) return absl::UnavailableError("the connection to the database was lost");
  for (const ClassRow& row : kRows)
    if (absl::StartsWith(state, row.prefix)) return row.make(result);
  return Defect(
      absl::StrCat("SQLSTATE ", state, " at character ", Field(result, PG_DIAG_STATEMENT_POSITION)),
      sql);
}

}  // namespace vivier::storage
