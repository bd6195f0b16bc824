// An error as the forms say it: its code, its message and all of its details, of which ErrorInfo
// has the reason. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace vivier::web {

// "failed_precondition"; Connect's names of gRPC's codes, and the HTTP status of each.
std::string CodeNameOf(absl::StatusCode code);
int HttpStatusOf(absl::StatusCode code);

// {"code": …, "message": …, "details": [{"type": …, "value": base64, "debug": …}]}
std::string ConnectError(const absl::Status& status);
// The last message of a Connect stream: {} or {"error": …}.
std::string ConnectEnd(const absl::Status& status);
// gRPC-Web's trailers as lines of headers.
std::string GrpcTrailers(const absl::Status& status);

}  // namespace vivier::web
