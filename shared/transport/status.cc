#include "shared/transport/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "shared/base/error.h"

namespace vivier::transport {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr size_t kDetailsBytesMax = 6 * 1024;
constexpr size_t kMessageBytesMax = 1024;

std::string Details(const absl::Status& status, absl::string_view message, bool error_info_only) {
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(std::string(message));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    if (error_info_only && url != kErrorInfoUrl) return;
    auto* detail = wire.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  return wire.details().empty() ? "" : wire.SerializeAsString();
}

// Cuts between characters, because a message that is not UTF-8 does not serialise.
absl::string_view Shortened(absl::string_view message) {
  if (message.size() <= kMessageBytesMax) return message;
  size_t size = kMessageBytesMax;
  while (size > 0 && (message[size] & 0xC0) == 0x80) --size;
  return message.substr(0, size);
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::string_view message = Shortened(status.message());
  std::string details = Details(status, message, /*error_info_only=*/false);
  if (details.size() > kDetailsBytesMax)
    details = Details(status, message, /*error_info_only=*/true);
  if (details.size() > kDetailsBytesMax) details.clear();
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(message), details);
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status wire;
  if (!status.error_details().empty() && wire.ParseFromString(status.error_details())) {
    for (const auto& detail : wire.details())
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

}  // namespace vivier::transport
