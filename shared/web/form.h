// In which of the forms of HTTP an rpc is asked: Connect (https://connectrpc.com/docs/protocol),
// for one answer or a stream of them, or gRPC-Web
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md); with messages in JSON or in
// protobuf's bytes. Pure.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier::web {

enum class Protocol { kConnect, kConnectStream, kGrpcWeb };
enum class Coding { kProto, kJson };

struct Form {
  Protocol protocol = Protocol::kConnect;
  Coding coding = Coding::kJson;
  bool text = false;  // of gRPC-Web: its bytes in base64, for who cannot send bytes
};

// The form of a content type; nullopt where it is none, or none for a method of that kind.
std::optional<Form> FormOf(absl::string_view content_type, bool streams);
// Those that FormOf takes, for who sent another.
std::string ContentTypesFor(bool streams);

std::string ContentTypeOf(const Form& form);
// "connect+json", "grpc-web+proto", …, for logs and metrics.
std::string NameOf(const Form& form);

// Connect-Timeout-Ms, "1500", and grpc-timeout, "1500m"; INVALID_ARGUMENT for anything else.
absl::StatusOr<absl::Duration> ConnectTimeout(absl::string_view text);
absl::StatusOr<absl::Duration> GrpcTimeout(absl::string_view text);

}  // namespace vivier::web
