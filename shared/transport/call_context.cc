#include "shared/transport/call_context.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/transport/bytes.h"
#include "shared/transport/credentials.h"

namespace vivier::transport {
namespace {

constexpr char kNoAddress[] = "unknown";  // what gRPC says of a caller that came over no socket

std::string MetadataOf(const grpc::ServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

}  // namespace

std::string ShareOf(const grpc::ServerContext& context, const rpc::Peer& peer, const Lane& lane) {
  if (peer.in_process) return "";
  const std::optional<std::string> known = lane.share ? lane.share(peer) : std::nullopt;
  if (known.has_value()) return *known;
  const std::string address = context.peer();
  return address.substr(0, address.rfind(':'));  // without the port
}

rpc::Peer PeerOf(const grpc::ServerContext& context, const Lane& lane) {
  rpc::Peer peer;
  peer.authorization = MetadataOf(context, "authorization");
  peer.traceparent = MetadataOf(context, "traceparent");
  peer.reason = MetadataOf(context, rpc::kReasonHeader).substr(0, rpc::kReasonBytesMax);
  // gRPC is asked for the address only of a caller that knows the key: it writes the text anew for
  // each question.
  peer.in_process =
      MetadataOf(context, kInProcessKey) == lane.in_process_key && context.peer() == kNoAddress;
  if (!peer.in_process && lane.peer_check != nullptr)
    peer.certificate_uri = CertificateUri(context, *lane.peer_check);
  return peer;
}

absl::Time DeadlineOf(const grpc::ServerContext& context, absl::Duration otherwise) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::Now() + otherwise;
  return absl::FromChrono(deadline);
}

absl::StatusOr<absl::string_view> RequestOf(const rpc::Endpoint& endpoint, grpc::ByteBuffer& buffer,
                                            grpc::Slice& slice) {
  const size_t size = buffer.Valid() ? buffer.Length() : 0;
  if (size > static_cast<size_t>(endpoint.request_bytes_max)) {
    return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                 absl::StrCat("a request of ", size, " bytes, at most ", endpoint.request_bytes_max,
                              " are accepted"),
                 {{"method", endpoint.method->full_name()}});
  }
  return Whole(buffer, slice);
}

}  // namespace vivier::transport
