// A step of the house itself as a work of a service's writer, for a thread that waits for it.
// Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/log/writer.h"

namespace vivier::storage {

// Runs `step` in a transaction of the school and waits for its commit: OK when it is stored. `step`
// refuses before it sends anything, and may be run again when the transaction is.
absl::Status Perform(Writer& writer, const std::string& school,
                     std::function<absl::Status(Transaction&, absl::Time now)> step);

}  // namespace vivier::storage
