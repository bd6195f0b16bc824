// A step of the house itself as a work of a service's writer. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/log/writer.h"

namespace vivier::storage {

// What refuses before it sends anything, and may be run again when the transaction is.
using Step = std::function<absl::Status(Transaction&, absl::Time now)>;

// Runs `step` in a transaction of the school and waits for its commit: OK when it is stored.
absl::Status Perform(Writer& writer, const std::string& school, Step step);

// The same for who does not wait: `done` is called once, on the thread that the writer's observer
// tells on, or on this one where the writer does not take it.
void PerformLater(Writer& writer, const std::string& school, Step step,
                  std::function<void(absl::Status)> done);

}  // namespace vivier::storage
