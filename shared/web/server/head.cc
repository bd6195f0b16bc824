#include "shared/web/server/head.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/web/server/limits.h"

namespace vivier::web {
namespace {

absl::Status Unclear(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
               absl::StrCat("the head of the request is not clear: ", what));
}

// RFC 9110 §5.6.2.
bool IsToken(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("!#$%&'*+-.^_`|~", absl::string_view(&c, 1));
  });
}

bool IsText(absl::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || !absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

// What may stand in a head once; lists of values may stand in several headers, these are none.
bool IsSingle(absl::string_view name) {
  for (const char* single :
       {"host", "content-length", "transfer-encoding", "content-type", "content-encoding",
        "authorization", "cookie", "origin", "traceparent", "vivier-reason", "grpc-timeout",
        "grpc-encoding", "connect-protocol-version", "connect-timeout-ms",
        "connect-content-encoding", "sec-fetch-site"})
    if (name == single) return true;
  return false;
}

absl::Status CheckBody(const HttpRequest& head, absl::string_view version) {
  const absl::string_view length = head.Header("content-length");
  const absl::string_view coding = head.Header("transfer-encoding");
  if (!length.empty() && !std::all_of(length.begin(), length.end(), absl::ascii_isdigit))
    return Unclear("content-length is no number");
  if (coding.empty()) return absl::OkStatus();
  if (!length.empty()) return Unclear("a body has content-length or transfer-encoding, not both");
  if (version != "HTTP/1.1") return Unclear("transfer-encoding is of HTTP/1.1");
  if (!absl::EqualsIgnoreCase(coding, "chunked")) return Unclear("a transfer-encoding but chunked");
  return absl::OkStatus();
}

}  // namespace

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

absl::Status CheckHead(const HttpRequest& head, absl::string_view version) {
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Unclear("another version of HTTP");
  if (!IsPrintable(head.path) || !IsPrintable(head.query) || !IsToken(head.method))
    return Unclear("its first line");
  if (head.headers.size() > kHeadersMax) return Unclear("too many headers");
  size_t bytes = head.path.size() + head.query.size();
  for (const auto& [name, value] : head.headers) {
    bytes += name.size() + value.size();
    if (!IsToken(name)) return Unclear("a header's name");
    if (!IsText(value)) return Unclear("a header's value");
    const auto same = [&n = name](const auto& header) { return header.first == n; };
    if (IsSingle(name) && std::count_if(head.headers.begin(), head.headers.end(), same) > 1)
      return Unclear(absl::StrCat("more than one ", name));
    if (IsSingle(name) && value.empty() &&
        (name == "content-length" || name == "transfer-encoding"))
      return Unclear(absl::StrCat(name, " is empty"));
  }
  if (bytes > kHeadBytesMax) return Unclear("it is too long");
  return CheckBody(head, version);
}

}  // namespace vivier::web
