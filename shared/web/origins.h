// Which other sites' pages may call from a browser
// (https://fetch.spec.whatwg.org/#http-cors-protocol). Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "shared/web/server/http.h"

namespace vivier::web {

using Origins = absl::flat_hash_set<std::string>;

// INVALID_ARGUMENT for what a browser never sends: "*", a path, a scheme but http and https.
absl::StatusOr<Origins> ReadOrigins(const std::vector<std::string>& origins);

// The origin that the request names, where it is an allowed one; "" where it is none.
std::string AllowedOrigin(const Origins& origins, const HttpRequest& head);

// What the pages of `origin` may do with an answer.
Headers CorsHeaders(const std::string& origin);
// The answer to a browser that asks before it calls.
HttpAnswer Preflight(const std::string& origin);

}  // namespace vivier::web
