#include "shared/web/refusal.h"

#include <map>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/status.pb.h"
#include "shared/base/message.h"

namespace vivier::web {
namespace {

namespace pb = google::protobuf;

struct Code {
  absl::StatusCode code;
  const char* name;
  int http;
};

// https://connectrpc.com/docs/protocol#error-codes
constexpr Code kCodes[] = {
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
};

const Code& Find(absl::StatusCode code) {
  for (const Code& known : kCodes)
    if (known.code == code) return known;
  return kCodes[1];
}

std::string Unpadded(std::string base64) {
  while (absl::EndsWith(base64, "=")) base64.pop_back();
  return base64;
}

std::string Quoted(const std::string& text) {
  pb::Value value;
  value.set_string_value(text);
  std::string json;
  return pb::util::MessageToJsonString(value, &json).ok() ? json : "\"\"";
}

// What people read of a detail, where its type is one of ours; "" where it is not.
std::string Debug(const std::string& type, const std::string& bytes) {
  const pb::Descriptor* known = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (known == nullptr) return "";
  const std::unique_ptr<pb::Message> message = NewMessage(known);
  std::string json;
  const bool printed =
      message->ParseFromString(bytes) && pb::util::MessageToJsonString(*message, &json).ok();
  return printed ? json : "";
}

// By the URL of their type; a status has them in no order.
std::map<std::string, std::string> PayloadsOf(const absl::Status& status) {
  std::map<std::string, std::string> payloads;
  status.ForEachPayload([&payloads](absl::string_view url, const absl::Cord& payload) {
    payloads.emplace(std::string(url), std::string(payload));
  });
  return payloads;
}

std::string DetailOf(const std::string& url, const std::string& bytes) {
  const std::string type = url.substr(url.rfind('/') + 1), debug = Debug(type, bytes);
  return absl::StrCat("{\"type\":", Quoted(type), ",\"value\":\"",
                      Unpadded(absl::Base64Escape(bytes)), "\"",
                      debug.empty() ? "" : ",\"debug\":", debug, "}");
}

// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
std::string PercentEncoded(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%')
      encoded.push_back(c);
    else
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
  }
  return encoded;
}

std::string Details(const absl::Status& status) {
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(std::string(status.message()));
  for (const auto& [url, bytes] : PayloadsOf(status)) {
    auto* detail = wire.add_details();
    detail->set_type_url(url);
    detail->set_value(bytes);
  }
  return wire.details().empty() ? "" : wire.SerializeAsString();
}

}  // namespace

std::string CodeNameOf(absl::StatusCode code) { return Find(code).name; }

int HttpStatusOf(absl::StatusCode code) { return Find(code).http; }

std::string ConnectError(const absl::Status& status) {
  std::string json = absl::StrCat("{\"code\":\"", CodeNameOf(status.code()), "\"");
  if (!status.message().empty())
    absl::StrAppend(&json, ",\"message\":", Quoted(std::string(status.message())));
  std::vector<std::string> details;
  for (const auto& [url, bytes] : PayloadsOf(status)) details.push_back(DetailOf(url, bytes));
  if (!details.empty()) absl::StrAppend(&json, ",\"details\":[", absl::StrJoin(details, ","), "]");
  return json + "}";
}

std::string ConnectEnd(const absl::Status& status) {
  return status.ok() ? "{}" : absl::StrCat("{\"error\":", ConnectError(status), "}");
}

std::string GrpcTrailers(const absl::Status& status) {
  std::string lines = absl::StrCat("grpc-status: ", static_cast<int>(status.code()), "\r\n");
  if (!status.message().empty())
    absl::StrAppend(&lines, "grpc-message: ", PercentEncoded(status.message()), "\r\n");
  if (const std::string details = Details(status); !details.empty())
    absl::StrAppend(&lines, "grpc-status-details-bin: ", Unpadded(absl::Base64Escape(details)),
                    "\r\n");
  return lines;
}

}  // namespace vivier::web
