// An error as a message, for what is stored or answered within another message. Thread-safe.
#pragma once

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace vivier {

// With every payload of `status` as a detail.
google::rpc::Status ToMessage(const absl::Status& status);
absl::Status FromMessage(const google::rpc::Status& message);

}  // namespace vivier
