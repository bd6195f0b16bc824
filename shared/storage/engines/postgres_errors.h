// PostgreSQL's error classes in our words, by SQLSTATE only: the server's text may print row
// values. Thread-safe.
#pragma once

#include <libpq-fe.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace vivier::storage {

// The status of a failed result. A result without SQLSTATE is libpq's own: the connection was lost.
absl::Status PostgresError(const PGresult* result, absl::string_view sql);

// SQLSTATE of a failed result, "" when there is none.
absl::string_view SqlState(const PGresult* result);

}  // namespace vivier::storage
