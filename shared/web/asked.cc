#include "shared/web/asked.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "shared/base/error.h"
#include "shared/base/network.h"
#include "shared/base/status.h"
#include "shared/rpc/endpoint.h"
#include "shared/web/framing.h"
#include "shared/web/gzip.h"
#include "shared/web/json.h"
#include "shared/web/query.h"
#include "shared/web/server/head.h"
#include "shared/web/server/limits.h"

namespace vivier::web {
namespace {

// Whether the header names gzip; UNIMPLEMENTED for what is neither that nor nothing.
absl::StatusOr<bool> IsGzip(const HttpRequest& request, const char* header) {
  const absl::string_view coding = request.Header(header);
  if (coding.empty() || coding == "identity") return false;
  if (coding == "gzip") return true;
  return Error(absl::StatusCode::kUnimplemented, "MALFORMED_REQUEST",
               std::string(header) + " is gzip or identity", {{"header", header}});
}

absl::StatusOr<std::string> Expanded(std::string bytes, bool gzipped, const Route& route,
                                     const Form& form) {
  if (!gzipped) return bytes;
  return Gunzip(bytes, MessageBytesMax(route, form));
}

// The message of a body in which it stands in a frame.
absl::StatusOr<std::string> FromFrame(const HttpRequest& request, const Form& form,
                                      const Route& route) {
  if (!request.Header("content-encoding").empty())
    return InvalidField("content-encoding", "is not of streams: their messages say it each");
  const bool grpc = form.protocol == Protocol::kGrpcWeb;
  ASSIGN_OR_RETURN(const bool gzip,
                   IsGzip(request, grpc ? "grpc-encoding" : "connect-content-encoding"));
  std::string decoded;
  if (form.text) {
    ASSIGN_OR_RETURN(decoded, FromBase64Pieces(request.body));
  }
  ASSIGN_OR_RETURN(const Frame frame, OneFrame(form.text ? decoded : request.body));
  if (frame.compressed && !gzip)
    return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                 "the message is compressed, and no header says how");
  return Expanded(std::string(frame.message), frame.compressed, route, form);
}

absl::StatusOr<std::string> MessageOf(HttpRequest& request, const Form& form, const Route& route) {
  if (request.method == "GET") {
    ASSIGN_OR_RETURN(GetRequest get, ReadQuery(request.query));
    return Expanded(std::move(get.message), get.gzipped, route, form);
  }
  if (form.protocol != Protocol::kConnect) return FromFrame(request, form, route);
  ASSIGN_OR_RETURN(const bool gzip, IsGzip(request, "content-encoding"));
  return Expanded(std::move(request.body), gzip, route, form);
}

absl::StatusOr<absl::Duration> TimeoutOf(const HttpRequest& request, const Form& form,
                                         const Route& route) {
  const bool grpc = form.protocol == Protocol::kGrpcWeb;
  const absl::string_view text = request.Header(grpc ? "grpc-timeout" : "connect-timeout-ms");
  if (text.empty()) return route.streams() ? kStreamTime : kDeadline;
  ASSIGN_OR_RETURN(const absl::Duration asked, grpc ? GrpcTimeout(text) : ConnectTimeout(text));
  return std::min(asked, route.streams() ? kStreamTime : kDeadlineMax);
}

// gRPC ends the process over a header that is not printable.
absl::StatusOr<std::string> Passed(const HttpRequest& request, const char* header,
                                   size_t bytes_max) {
  const absl::string_view value = request.Header(header);
  if (value.size() > bytes_max || !IsPrintable(value))
    return InvalidField(header, "is printable ASCII without accents, and not that long");
  return std::string(value);
}

absl::StatusOr<rpc::CallOptions> OptionsOf(const HttpRequest& request, const Form& form,
                                           const Route& route) {
  rpc::CallOptions options;
  ASSIGN_OR_RETURN(options.timeout, TimeoutOf(request, form, route));
  ASSIGN_OR_RETURN(options.authorization, Passed(request, "authorization", kHeadBytesMax));
  if (options.authorization.empty()) options.authorization = kAnonymous;
  if (IsStrangers(request)) options.forwarded_for = AddressOfCaller(request);
  ASSIGN_OR_RETURN(options.reason, Passed(request, rpc::kReasonHeader, rpc::kReasonBytesMax));
  return options;
}

}  // namespace

bool IsStrangers(const HttpRequest& request) {
  return !absl::StartsWithIgnoreCase(request.Header("authorization"), "bearer ");
}

std::optional<Form> FormOf(const HttpRequest& head, const Route& route) {
  if (head.method != "GET") return FormOf(head.Header("content-type"), route.streams());
  Form form;
  if (absl::StrContains(head.query, "encoding=proto")) form.coding = Coding::kProto;
  return form;
}

size_t MessageBytesMax(const Route& route, const Form& form) {
  const size_t bytes = static_cast<size_t>(route.request_bytes_max);
  return form.coding == Coding::kJson ? (bytes + 2) / 3 * 4 : bytes;
}

absl::StatusOr<Asked> Read(HttpRequest request, const Form& form, const Route& route) {
  Asked asked;
  const absl::string_view version = request.Header("connect-protocol-version");
  if (!version.empty() && version != "1")
    return InvalidField("connect-protocol-version", "is 1, the only one there is");
  ASSIGN_OR_RETURN(asked.options, OptionsOf(request, form, route));
  const std::optional<Traceparent> trace = Traceparent::Parse(request.Header("traceparent"));
  asked.trace = trace.has_value() ? *trace : Traceparent::New();
  asked.options.traceparent = asked.trace.Child().ToString();
  ASSIGN_OR_RETURN(asked.request, MessageOf(request, form, route));
  if (form.coding == Coding::kJson) {
    ASSIGN_OR_RETURN(asked.request, FromJson(*route.method->input_type(), asked.request));
  }
  return asked;
}

std::string AddressOfCaller(const HttpRequest& request) {
  const bool of_edge = request.peer.empty() || IsLoopback(request.peer);
  const absl::string_view forwarded =
      of_edge ? request.Header(rpc::kForwardedHeader) : absl::string_view();
  return NetworkOf(forwarded.empty() ? request.peer : forwarded, 32, 128);
}

bool TakesGzip(const HttpRequest& head) {
  for (absl::string_view coding : absl::StrSplit(head.Header("accept-encoding"), ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(coding, ';');
    if (absl::StripAsciiWhitespace(parts[0]) != "gzip") continue;
    return parts.size() == 1 || !absl::StartsWith(absl::StripAsciiWhitespace(parts[1]), "q=0") ||
           absl::StrContains(parts[1], "q=0.");
  }
  return false;
}

}  // namespace vivier::web
