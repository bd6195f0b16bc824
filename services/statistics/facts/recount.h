// I11: counts are what a new computation gives. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "shared/service/service.h"

namespace vivier::statistics {

// The cells of the tables whose facts are all remembered (seats, learners, minutes, presence),
// counted anew.
absl::StatusOr<rpc::Breaches> CheckCells(storage::Transaction& transaction);

}  // namespace vivier::statistics
