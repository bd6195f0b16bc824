#include "shared/web/form.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

struct Known {
  const char* content_type;
  Form form;
};

constexpr Known kKnown[] = {
    {"application/json", {Protocol::kConnect, Coding::kJson}},
    {"application/proto", {Protocol::kConnect, Coding::kProto}},
    {"application/connect+json", {Protocol::kConnectStream, Coding::kJson}},
    {"application/connect+proto", {Protocol::kConnectStream, Coding::kProto}},
    {"application/grpc-web+proto", {Protocol::kGrpcWeb, Coding::kProto}},
    {"application/grpc-web", {Protocol::kGrpcWeb, Coding::kProto}},
    {"application/grpc-web-text+proto", {Protocol::kGrpcWeb, Coding::kProto, true}},
    {"application/grpc-web-text", {Protocol::kGrpcWeb, Coding::kProto, true}},
};

bool IsFor(const Form& form, bool streams) {
  return form.protocol != (streams ? Protocol::kConnect : Protocol::kConnectStream);
}

absl::StatusOr<int64_t> Number(absl::string_view text, size_t digits_max, const char* header) {
  int64_t number = 0;
  if (text.empty() || text.size() > digits_max ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number))
    return InvalidField(header, "is a number with at most as many digits as its protocol allows");
  return number;
}

}  // namespace

std::optional<Form> FormOf(absl::string_view content_type, bool streams) {
  const size_t semicolon = content_type.find(';');
  const std::string name =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(content_type.substr(0, semicolon)));
  if (semicolon != absl::string_view::npos) {
    const absl::string_view parameter =
        absl::StripAsciiWhitespace(content_type.substr(semicolon + 1));
    if (!absl::EqualsIgnoreCase(parameter, "charset=utf-8")) return std::nullopt;
  }
  for (const Known& known : kKnown)
    if (name == known.content_type && IsFor(known.form, streams)) return known.form;
  return std::nullopt;
}

std::string ContentTypesFor(bool streams) {
  std::string types;
  for (const Known& known : kKnown)
    if (IsFor(known.form, streams))
      types += (types.empty() ? "" : ", ") + std::string(known.content_type);
  return types;
}

std::string ContentTypeOf(const Form& form) {
  for (const Known& known : kKnown)
    if (known.form.protocol == form.protocol && known.form.coding == form.coding &&
        known.form.text == form.text)
      return known.content_type;
  return "";
}

std::string NameOf(const Form& form) {
  if (form.protocol == Protocol::kGrpcWeb) return form.text ? "grpc-web-text" : "grpc-web";
  return form.coding == Coding::kJson ? "connect+json" : "connect+proto";
}

absl::StatusOr<absl::Duration> ConnectTimeout(absl::string_view text) {
  const absl::StatusOr<int64_t> number = Number(text, 10, "connect-timeout-ms");
  if (!number.ok()) return number.status();
  return absl::Milliseconds(*number);
}

absl::StatusOr<absl::Duration> GrpcTimeout(absl::string_view text) {
  constexpr char kHeader[] = "grpc-timeout";
  if (text.empty()) return InvalidField(kHeader, "is a number and a unit");
  const absl::StatusOr<int64_t> number = Number(text.substr(0, text.size() - 1), 8, kHeader);
  if (!number.ok()) return number.status();
  switch (text.back()) {
    case 'H':
      return absl::Hours(*number);
    case 'M':
      return absl::Minutes(*number);
    case 'S':
      return absl::Seconds(*number);
    case 'm':
      return absl::Milliseconds(*number);
    case 'u':
      return absl::Microseconds(*number);
    case 'n':
      return absl::Nanoseconds(*number);
    default:
      return InvalidField(kHeader, "has the unit H, M, S, m, u or n");
  }
}

}  // namespace vivier::web
