// Whether a request comes from a page of ours: whoever is signed in by a cookie has it sent with
// what another site's page asks for, so the cookie alone is no proof that they meant it. Pure.
#pragma once

#include "absl/status/status.h"
#include "shared/web/server/http.h"

namespace vivier::web {

// PERMISSION_DENIED unless the browser says that the page is of this origin (Sec-Fetch-Site, or
// Origin where it does not know that header), and, of a POST, unless it has a header that no form
// can send: connect-protocol-version or x-grpc-web, which the clients of both send anyway.
absl::Status CheckSameSite(const HttpRequest& request);

}  // namespace vivier::web
