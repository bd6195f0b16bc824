// Whether the head of a request can be read in one way only. What two readers may take for two
// different requests (a length said twice, a body of two kinds, a name with a space) is refused
// before anything else looks at it: whoever stands before us may have read it otherwise. Pure.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/web/server/http.h"

namespace vivier::web {

// INVALID_ARGUMENT that says what is wrong; nothing of the request is in its message.
absl::Status CheckHead(const HttpRequest& head, absl::string_view version);

// Printable ASCII: any other byte in a header that is passed on would end the process in gRPC.
bool IsPrintable(absl::string_view text);

}  // namespace vivier::web
