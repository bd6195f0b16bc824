// I11 at a parent: figures count once, and as they were accepted. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "shared/service/service.h"

namespace vivier::statistics {

// The figures that count for each school are those of its accepted submission, and of no other.
absl::StatusOr<rpc::Breaches> CheckSubmissions(storage::Transaction& transaction);

}  // namespace vivier::statistics
