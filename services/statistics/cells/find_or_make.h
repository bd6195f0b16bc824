// Rows that are made when first asked for. Thread-safe like their arguments.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "shared/base/status.h"
#include "shared/service/call.h"
#include "shared/storage/log/table.h"

namespace vivier::statistics {

// The row of that name, a fresh one when there is none.
template <class M>
absl::StatusOr<M> FindOrMake(rpc::Call& call, const storage::Rows<M>& rows,
                             const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<M> found, rows.Find(call, name));
  if (found.has_value()) return *std::move(found);
  M fresh;
  fresh.set_name(name);
  return fresh;
}

// Stores a row of FindOrMake: what has no etag is new.
template <class M>
absl::Status Put(rpc::Call& call, const storage::Table<M>& table, M& row) {
  return row.etag().empty() ? table.Insert(call, row) : table.Update(call, row);
}

}  // namespace vivier::statistics
