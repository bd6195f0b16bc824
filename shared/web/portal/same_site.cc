#include "shared/web/portal/same_site.h"

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

absl::Status Refused(absl::string_view why) {
  return Error(absl::StatusCode::kPermissionDenied, "NOT_ALLOWED",
               absl::StrCat("this was not asked by a page of this site: ", why));
}

}  // namespace

absl::Status CheckSameSite(const HttpRequest& request) {
  const absl::string_view site = request.Header("sec-fetch-site");
  const absl::string_view origin = request.Header("origin");
  const absl::string_view host = request.Header("host");
  const bool own =
      origin == absl::StrCat("https://", host) || origin == absl::StrCat("http://", host);
  if (!site.empty() && site != "same-origin") return Refused("sec-fetch-site is another");
  if (!origin.empty() && !own) return Refused("origin is another");
  if (site.empty() && origin.empty()) return Refused("neither origin nor sec-fetch-site says so");
  if (request.method == "POST" && request.Header("connect-protocol-version").empty() &&
      request.Header("x-grpc-web").empty())
    return Refused("a POST says connect-protocol-version or x-grpc-web");
  return absl::OkStatus();
}

}  // namespace vivier::web
