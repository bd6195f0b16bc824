// I11 at a parent: figures count once, and as they were accepted. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "shared/service/service.h"

namespace vivier::statistics {

// The figures that count for each school are those of its accepted submission, and of no other.
absl::StatusOr<rpc::Breaches> CheckSubmissions(storage::Transaction& transaction);
// Each total is the sum of what counts of the schools, recounted cell by cell, and there is none
// of nothing.
absl::StatusOr<rpc::Breaches> CheckTotals(storage::Transaction& transaction);

}  // namespace vivier::statistics
