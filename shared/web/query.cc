#include "shared/web/query.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::web {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// False where a "%" is not followed by two digits.
bool Unescape(absl::string_view text, std::string& plain) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) return false;
    plain.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

using Parameters = std::map<std::string, std::string>;

absl::StatusOr<Parameters> Split(absl::string_view query) {
  Parameters parameters;
  for (absl::string_view pair : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    std::string name(parts.first), value;
    if (name != "connect" && name != "encoding" && name != "message" && name != "base64" &&
        name != "compression")
      return InvalidField("query", "has connect, encoding, message, base64 and compression alone");
    if (!Unescape(parts.second, value)) return InvalidField(name, "has a % without two digits");
    if (!parameters.emplace(name, std::move(value)).second)
      return InvalidField(name, "is there twice");
  }
  return parameters;
}

// With padding or without, in either alphabet.
bool FromBase64(std::string text, std::string& bytes) {
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text.find_first_of("+/") == std::string::npos ? absl::WebSafeBase64Unescape(text, &bytes)
                                                       : absl::Base64Unescape(text, &bytes);
}

}  // namespace

absl::StatusOr<GetRequest> ReadQuery(absl::string_view query) {
  ASSIGN_OR_RETURN(Parameters parameters, Split(query));
  GetRequest request;
  if (parameters.count("connect") > 0 && parameters["connect"] != "v1")
    return InvalidField("connect", "is v1");
  if (parameters["encoding"] != "json" && parameters["encoding"] != "proto")
    return InvalidField("encoding", "is json or proto");
  request.json = parameters["encoding"] == "json";
  const std::string& compression = parameters["compression"];
  if (!compression.empty() && compression != "identity" && compression != "gzip")
    return InvalidField("compression", "is gzip or identity");
  request.gzipped = compression == "gzip";
  if (parameters.count("message") == 0) return InvalidField("message", "is required");
  if (parameters["base64"].empty()) {
    request.message = std::move(parameters["message"]);
  } else if (parameters["base64"] != "1" ||
             !FromBase64(std::move(parameters["message"]), request.message)) {
    return InvalidField("message", "is no base64, which base64=1 promises");
  }
  return request;
}

}  // namespace vivier::web
