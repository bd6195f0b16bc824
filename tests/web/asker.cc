#include "tests/web/asker.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/status.pb.h"
#include "shared/base/message.h"
#include "shared/service/channel.h"

namespace vivier::testing {
namespace {

namespace pb = google::protobuf;

constexpr char kTypePrefix[] = "type.googleapis.com/";

// The names of https://connectrpc.com/docs/protocol#error-codes by number.
const std::vector<std::string>& CodeNames() {
  static const auto& names = *new std::vector<std::string>{"ok",
                                                           "canceled",
                                                           "unknown",
                                                           "invalid_argument",
                                                           "deadline_exceeded",
                                                           "not_found",
                                                           "already_exists",
                                                           "permission_denied",
                                                           "resource_exhausted",
                                                           "failed_precondition",
                                                           "aborted",
                                                           "out_of_range",
                                                           "unimplemented",
                                                           "internal",
                                                           "unavailable",
                                                           "data_loss",
                                                           "unauthenticated"};
  return names;
}

absl::Status NoAnswer(const std::string& why) { return absl::UnknownError("no answer: " + why); }

absl::Status ErrorOf(const pb::Struct& error) {
  const auto text = [](const pb::Struct& of, const char* field) {
    const auto found = of.fields().find(field);
    return found == of.fields().end() ? "" : found->second.string_value();
  };
  const std::string name = text(error, "code");
  const auto found = std::find(CodeNames().begin(), CodeNames().end(), name);
  if (found == CodeNames().end()) return NoAnswer("the code " + name);
  absl::Status status(static_cast<absl::StatusCode>(found - CodeNames().begin()),
                      text(error, "message"));
  const auto details = error.fields().find("details");
  if (details == error.fields().end()) return status;
  for (const pb::Value& detail : details->second.list_value().values()) {
    std::string bytes;
    if (!absl::Base64Unescape(text(detail.struct_value(), "value"), &bytes))
      return NoAnswer("a detail");
    status.SetPayload(kTypePrefix + text(detail.struct_value(), "type"), absl::Cord(bytes));
  }
  return status;
}

absl::Status ErrorOfJson(const std::string& json) {
  pb::Struct error;
  return pb::util::JsonStringToMessage(json, &error).ok() ? ErrorOf(error) : NoAnswer(json);
}

// The frames of a body: flags and message.
absl::StatusOr<std::vector<std::pair<int, std::string>>> Frames(absl::string_view body) {
  std::vector<std::pair<int, std::string>> frames;
  while (!body.empty()) {
    size_t length = 0;
    for (size_t i = 1; i < 5 && i < body.size(); ++i)
      length = length * 256 + static_cast<unsigned char>(body[i]);
    if (body.size() < 5 + length) return NoAnswer("a frame that ends too soon");
    frames.emplace_back(static_cast<unsigned char>(body[0]), body.substr(5, length));
    body.remove_prefix(5 + length);
  }
  return frames;
}

std::string Framed(const std::string& message) {
  std::string frame(1, '\0');
  for (int i = 3; i >= 0; --i) frame += static_cast<char>(message.size() >> (8 * i));
  return frame + message;
}

std::string Decoded(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    plain += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return plain;
}

absl::Status ErrorOfTrailers(const std::string& lines) {
  std::map<std::string, std::string> fields;
  for (absl::string_view line : absl::StrSplit(lines, "\r\n", absl::SkipEmpty())) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    fields.insert(field);
  }
  int code = -1;
  if (!absl::SimpleAtoi(fields["grpc-status"], &code)) return NoAnswer("no grpc-status");
  absl::Status status(static_cast<absl::StatusCode>(code), Decoded(fields["grpc-message"]));
  std::string bytes;
  google::rpc::Status wire;
  if (!absl::Base64Unescape(fields["grpc-status-details-bin"], &bytes) ||
      !wire.ParseFromString(bytes))
    return NoAnswer("the details");
  for (const auto& detail : wire.details())
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  return status;
}

absl::StatusOr<std::string> OfGrpcWeb(const std::string& body) {
  const auto frames = Frames(body);
  if (!frames.ok()) return frames.status();
  if (frames->empty() || frames->back().first != 0x80) return NoAnswer("no trailers");
  const absl::Status status = ErrorOfTrailers(frames->back().second);
  if (!status.ok()) return status;
  return frames->size() == 2 ? frames->front().second : NoAnswer("not one message").ToString();
}

absl::StatusOr<std::string> OfJson(const pb::MethodDescriptor& method, const std::string& json) {
  const std::unique_ptr<pb::Message> answer = NewMessage(method.output_type());
  if (!pb::util::JsonStringToMessage(json, answer.get()).ok()) return NoAnswer(json);
  return answer->SerializeAsString();
}

// In base64 with each of its pieces padded.
std::string Unpieced(const std::string& text) {
  std::string bytes;
  for (size_t at = 0; at < text.size(); at += 4) {
    std::string group;
    absl::Base64Unescape(text.substr(at, 4), &group);
    bytes += group;
  }
  return bytes;
}

std::string JsonOf(const pb::Message& message) {
  std::string json;
  return pb::util::MessageToJsonString(message, &json).ok() ? json : "";
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text)
    absl::StrAppend(&escaped, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
  return escaped;
}

}  // namespace

const std::vector<Way>& AllWays() {
  static const auto& ways =
      *new std::vector<Way>{Way::kConnectJson,    Way::kConnectBinary, Way::kConnectGet,
                            Way::kConnectGetJson, Way::kGrpcWeb,       Way::kGrpcWebText};
  return ways;
}

bool IsGet(Way way) { return way == Way::kConnectGet || way == Way::kConnectGetJson; }

std::string NameOf(Way way) {
  static constexpr const char* kNames[] = {"Connect in JSON", "Connect in bytes", "GET of bytes",
                                           "GET of JSON",     "gRPC-Web",         "gRPC-Web-Text"};
  return kNames[static_cast<int>(way)];
}

absl::StatusOr<std::string> Asker::Ask(Way way, const pb::MethodDescriptor& method,
                                       const pb::Message& request,
                                       const std::string& authorization) {
  const std::string path = rpc::PathOf(method), bytes = request.SerializeAsString();
  const auto connect = [&](const HttpReply& reply, bool json) -> absl::StatusOr<std::string> {
    if (reply.status != 200) return ErrorOfJson(reply.body);
    return json ? OfJson(method, reply.body) : absl::StatusOr<std::string>(reply.body);
  };
  switch (way) {
    case Way::kConnectJson:
      return connect(Exchange("POST", path, "application/json", JsonOf(request), authorization),
                     true);
    case Way::kConnectBinary:
      return connect(Exchange("POST", path, "application/proto", bytes, authorization), false);
    case Way::kConnectGet:
      return connect(Exchange("GET",
                              absl::StrCat(path, "?connect=v1&encoding=proto&base64=1&message=",
                                           absl::WebSafeBase64Escape(bytes)),
                              "", "", authorization),
                     false);
    case Way::kConnectGetJson:
      return connect(
          Exchange(
              "GET",
              absl::StrCat(path, "?connect=v1&encoding=json&message=", Escaped(JsonOf(request))),
              "", "", authorization),
          true);
    case Way::kGrpcWeb:
      return OfGrpcWeb(
          Exchange("POST", path, "application/grpc-web+proto", Framed(bytes), authorization).body);
    case Way::kGrpcWebText:
      break;
  }
  return OfGrpcWeb(Unpieced(Exchange("POST", path, "application/grpc-web-text",
                                     absl::Base64Escape(Framed(bytes)), authorization)
                                .body));
}

absl::StatusOr<std::string> Asker::AskStream(const pb::MethodDescriptor& method,
                                             const pb::Message& request,
                                             const std::string& authorization) {
  const HttpReply reply = Exchange("POST", rpc::PathOf(method), "application/connect+proto",
                                   Framed(request.SerializeAsString()), authorization);
  const auto frames = Frames(reply.body);
  if (!frames.ok()) return frames.status();
  if (frames->empty() || frames->back().first != 2) return NoAnswer("no end of the stream");
  pb::Struct end;
  if (!pb::util::JsonStringToMessage(frames->back().second, &end).ok()) return NoAnswer("its end");
  const auto error = end.fields().find("error");
  if (error != end.fields().end()) return ErrorOf(error->second.struct_value());
  std::string bytes;
  for (const auto& [flags, message] : *frames)
    if (flags == 0) bytes += message;
  return bytes;
}

HttpReply Asker::Exchange(const std::string& method, const std::string& target,
                          const std::string& type, const std::string& body,
                          const std::string& authorization) {
  if (client_ == nullptr) client_ = std::make_unique<HttpClient>(address_);
  std::string head = absl::StrCat(method, " ", target, " HTTP/1.1\r\nhost: x\r\n");
  if (!authorization.empty()) absl::StrAppend(&head, "authorization: ", authorization, "\r\n");
  if (!type.empty()) absl::StrAppend(&head, "content-type: ", type, "\r\n");
  if (method == "POST") absl::StrAppend(&head, "content-length: ", body.size(), "\r\n");
  client_->Send(head + "\r\n" + body);
  std::optional<HttpReply> reply = client_->Read();
  if (reply.has_value() && reply->headers["connection"] != "close") return *reply;
  client_ = nullptr;
  return reply.value_or(HttpReply{});
}

}  // namespace vivier::testing
