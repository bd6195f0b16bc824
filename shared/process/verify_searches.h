// I14 of docs/invariants.md: what a resource is found by is what its row says. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "shared/service/service.h"
#include "shared/storage/log/unit.h"

namespace vivier::site {

// Compares the lists of the resource's rows with their search table, both ways.
absl::StatusOr<rpc::Breaches> CheckSearchTable(storage::Transaction& transaction,
                                               const storage::Schema& schema,
                                               const storage::SearchTable& search);

}  // namespace vivier::site
