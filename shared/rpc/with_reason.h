// Errors of the storage in the house's words. Stateless.
#pragma once

#include "absl/status/status.h"

namespace vivier::rpc {

// `status` with an ErrorInfo where it has none: errors of the storage get the house's reasons.
absl::Status WithReason(const absl::Status& status);

}  // namespace vivier::rpc
