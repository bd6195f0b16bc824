// Brings all rows of one service at one school under the current key of the school, from the one
// before it (docs/keys.md).
//
//   Begin ─▶ the head row under the new key: what is written is, from now on
//   Step  ─▶ a page of one table: MACs, wrapped keys, names that are blind indexes
//    …
//   Step  ─▶ behind the last table: no row is under the key before any more
//
// Where it stands is a row (school_keys.position), moved in the transaction of each step: so it
// goes on after any end of the process, in another replica too. A row that neither key vouches for
// stays as it is, and `verify` goes on naming it. Functions without state; a Transaction, which has
// locked the head, is not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/service/service.h"
#include "shared/storage/log/unit.h"

namespace vivier::rotation {

// Rows of a step: a few milliseconds of the writer.
inline constexpr int kStepRows = 200;
// Where each row is named anew, which reads the resource that it is of.
inline constexpr int kNamedStepRows = 20;

struct Standing {
  std::string key_id;  // of what is written
  int64_t rows_seen = 0;
  int64_t rows = 0;
  bool done = true;
};

// Begins where two keys are configured and the school's head is under the previous one; else does
// nothing. `principal` asked for it.
absl::Status Begin(storage::Transaction& transaction, const std::string& principal, absl::Time now);

// One step of what has begun, if anything has; whether more is left. FAILED_PRECONDITION, reason
// BINARY_TOO_OLD, where a row has columns of a newer program.
absl::StatusOr<bool> Step(const rpc::Service& service, storage::Transaction& transaction,
                          absl::Time now);

absl::StatusOr<Standing> Stands(storage::Transaction& transaction);

}  // namespace vivier::rotation
