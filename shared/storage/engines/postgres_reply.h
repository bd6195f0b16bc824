// The answers that a PostgreSQL pipeline owes, and what each of them means. Not thread-safe.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// A statement that the server knows by a name of ours, or is about to.
struct PreparedStatement {
  std::string sql;
  std::string name;
  size_t parameters_used = 0;
  std::vector<Oid> types;  // of the parameters; kUnknown until the server described them
  bool described = false;
  int64_t transaction = 0;  // that prepared it
};

// An answer that is due, in the order of sending.
struct PostgresReply {
  enum class Kind { kPrepare, kDescribe, kStatement, kControl, kCommit, kSync };
  Kind kind;
  PreparedStatement* prepared = nullptr;  // of the first three kinds
  int64_t expected_changes = -1;          // of kStatement
  Result* result = nullptr;               // of kStatement; null when nobody needs its rows
};

// Whether the answer is feature_not_supported for a statement that an earlier transaction than this
// one prepared, and that worked: its columns changed under the cached plan.
bool PlanIsStale(const PostgresReply& reply, const PGresult* result, int64_t transaction);

// What the server's answer says, in our words; rows and types go where the reply wants them.
absl::Status Judge(const PostgresReply& reply, PGresult* result);

}  // namespace vivier::storage
