// How a caller of an rpc that answers an operation comes to its end. Thread-safe.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/rpc_status.h"
#include "shared/base/status.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::rpc {

using WaitForOperation = std::function<absl::StatusOr<operations::v1::Operation>(
    const operations::v1::WaitOperationRequest&)>;

// Calls `wait` until the operation is done: its response, or the error that it ended with.
template <class Response>
absl::StatusOr<Response> AwaitOperation(operations::v1::Operation operation,
                                        const WaitForOperation& wait) {
  constexpr absl::Duration kPause =
      absl::Milliseconds(100);  // a server with too many who wait answers at once
  operations::v1::WaitOperationRequest request;
  request.set_name(operation.name());
  // What was done at once, or in a first answer that is told again, is asked for all the same.
  while (true) {
    ASSIGN_OR_RETURN(operation, wait(request));
    if (operation.done()) break;
    absl::SleepFor(kPause);
  }
  if (operation.has_error()) return FromMessage(operation.error());
  Response response;
  if (!operation.response().UnpackTo(&response))
    return Internal("the operation's response is of another type");
  return response;
}

}  // namespace vivier::rpc
