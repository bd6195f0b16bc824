#include "shared/web/portal/cookies.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace vivier::web {

std::optional<std::string> CookieOf(const HttpRequest& request, absl::string_view name) {
  std::optional<std::string> found;
  for (absl::string_view cookie : absl::StrSplit(request.Header("cookie"), ';')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(cookie, absl::MaxSplits('=', 1));
    if (absl::StripAsciiWhitespace(parts.first) != name) continue;
    if (found.has_value()) return std::nullopt;
    found = std::string(absl::StripAsciiWhitespace(parts.second));
  }
  return found;
}

std::string SetCookie(absl::string_view name, absl::string_view value, absl::Duration life) {
  return absl::StrCat(name, "=", value, "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=",
                      std::max<int64_t>(0, absl::ToInt64Seconds(life)));
}

}  // namespace vivier::web
