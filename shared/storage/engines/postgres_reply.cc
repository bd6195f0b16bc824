#include "shared/storage/engines/postgres_reply.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "shared/base/status.h"
#include "shared/storage/engines/driver.h"
#include "shared/storage/engines/postgres_errors.h"
#include "shared/storage/engines/postgres_values.h"

namespace vivier::storage {
namespace {

absl::Status ReadRows(const PGresult* result, absl::string_view sql, Result& out) {
  const int columns = PQnfields(result);
  for (int i = 0; i < columns; ++i) {
    const Oid type = PQftype(result, i);
    if (type != kBigint && type != kText && type != kBytea)
      return ForeignType(PQfname(result, i), sql);
  }
  out.rows.resize(static_cast<size_t>(PQntuples(result)));
  for (size_t row = 0; row < out.rows.size(); ++row) {
    out.rows[row].reserve(static_cast<size_t>(columns));
    for (int i = 0; i < columns; ++i)
      out.rows[row].push_back(ReadValue(result, static_cast<int>(row), i));
  }
  return absl::OkStatus();
}

// A SELECT counts its rows in the same field, but changes none.
int64_t Changes(PGresult* result) {
  int64_t changes = 0;
  if (absl::StartsWith(PQcmdStatus(result), "SELECT") ||
      !absl::SimpleAtoi(PQcmdTuples(result), &changes))
    return 0;
  return changes;
}

absl::Status Accept(const PostgresReply& reply, PGresult* result) {
  if (reply.kind == PostgresReply::Kind::kDescribe) {
    for (size_t i = 0; i < reply.prepared->types.size(); ++i)
      reply.prepared->types[i] = PQparamtype(result, static_cast<int>(i));
    reply.prepared->described = true;
  }
  // The server answers the COMMIT of a failed transaction with success, and this.
  if (reply.kind == PostgresReply::Kind::kCommit &&
      absl::StartsWith(PQcmdStatus(result), "ROLLBACK"))
    return absl::AbortedError("the transaction had failed and was rolled back at COMMIT");
  if (reply.kind != PostgresReply::Kind::kStatement) return absl::OkStatus();
  const int64_t changes = Changes(result);
  RETURN_IF_ERROR(CheckChanges(reply.expected_changes, changes));
  if (reply.result == nullptr) return absl::OkStatus();
  reply.result->changes = changes;
  return ReadRows(result, reply.prepared->sql, *reply.result);
}

}  // namespace

bool PlanIsStale(const PostgresReply& reply, const PGresult* result, int64_t transaction) {
  return PQresultStatus(result) == PGRES_FATAL_ERROR && SqlState(result) == "0A000" &&
         reply.prepared != nullptr && reply.prepared->transaction < transaction;
}

absl::Status Judge(const PostgresReply& reply, PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      return Accept(reply, result);
    case PGRES_EMPTY_QUERY:
      return Defect("no statement", reply.prepared->sql);
    case PGRES_PIPELINE_ABORTED:  // an earlier one failed and is reported
      return absl::OkStatus();
    default:
      return PostgresError(
          result, reply.prepared == nullptr ? "BEGIN, COMMIT or ROLLBACK" : reply.prepared->sql);
  }
}

}  // namespace vivier::storage
