// The request of a GET, in the URL
// (https://connectrpc.com/docs/protocol#unary-get-request). Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::web {

struct GetRequest {
  bool json = true;
  bool gzipped = false;
  std::string message;
};

// INVALID_ARGUMENT that names the parameter which is missing, unknown, there twice, or malformed.
absl::StatusOr<GetRequest> ReadQuery(absl::string_view query);

}  // namespace vivier::web
