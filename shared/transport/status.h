// A status on the wire: the code and message in the trailers, and the payloads as details of a
// google.rpc.Status (grpc-status-details-bin), where clients of every language look for ErrorInfo,
// BadRequest and RetryInfo (AIP-193).
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vivier::transport {

// Details beyond 6 KiB would not pass the metadata limit of a usual client (8 KiB): then only
// ErrorInfo stays.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace vivier::transport
