// The cookies that the portal sets (RFC 6265bis): for this host alone, over TLS alone, out of reach
// of pages' scripts, and not sent with what another site's page asks for. Pure.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/web/server/http.h"

namespace vivier::web {

// A browser refuses "__Host-" to who is not this host, over TLS, with the path "/".
inline constexpr char kSessionCookie[] = "__Host-vivier";
inline constexpr char kLoginCookie[] = "__Host-vivier-login";
// What browsers keep of one, with its name and attributes.
inline constexpr size_t kCookieBytesMax = 3800;

// nullopt where there is none of that name, or more than one: which is ours nobody can tell.
std::optional<std::string> CookieOf(const HttpRequest& request, absl::string_view name);

// The value of a header Set-Cookie; zero or less takes the cookie away.
std::string SetCookie(absl::string_view name, absl::string_view value, absl::Duration life);

}  // namespace vivier::web
