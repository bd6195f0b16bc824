#include "shared/web/origins.h"

#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

// As the forms and our services need them.
constexpr char kRequestHeaders[] =
    "authorization, content-type, connect-protocol-version, connect-timeout-ms, "
    "connect-content-encoding, grpc-timeout, x-grpc-web, x-user-agent, traceparent, vivier-reason";
constexpr char kAnswerHeaders[] = "grpc-status, grpc-message, grpc-status-details-bin";
constexpr char kBelievedSeconds[] = "600";  // how long a withdrawn origin may go on at most

}  // namespace

absl::StatusOr<Origins> ReadOrigins(const std::vector<std::string>& origins) {
  static const RE2& form = *new RE2(R"(https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?)");
  for (const std::string& origin : origins)
    if (!RE2::FullMatch(origin, form))
      return InvalidField(
          "web.allowed_origins",
          absl::StrCat("\"", origin, "\" is no origin, as https://jobs.example is"));
  return Origins(origins.begin(), origins.end());
}

std::string AllowedOrigin(const Origins& origins, const HttpRequest& head) {
  std::string origin(head.Header("origin"));
  return origins.contains(origin) ? origin : "";
}

Headers CorsHeaders(const std::string& origin) {
  return {{"access-control-allow-origin", origin},
          {"access-control-expose-headers", kAnswerHeaders},
          {"vary", "Origin"}};
}

HttpAnswer Preflight(const std::string& origin) {
  if (origin.empty())
    return {403,
            {{"content-type", "text/plain; charset=utf-8"}},
            "pages of that origin may not call here\n",
            nullptr};
  return {204,
          {{"access-control-allow-methods", "GET, POST"},
           {"access-control-allow-headers", kRequestHeaders},
           {"access-control-max-age", kBelievedSeconds}},
          "",
          nullptr};
}

}  // namespace vivier::web
