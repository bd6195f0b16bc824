#include "shared/transport/call_context.h"

#include <grpcpp/impl/rpc_service_method.h>

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/network.h"
#include "shared/base/unicode.h"
#include "shared/service/channel.h"
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

// Blanks are no reason, and stand around none.
std::string CallersReason(const grpc::ServerContext& context) {
  const std::string reason =
      MetadataOf(context, rpc::kReasonHeader).substr(0, rpc::kReasonBytesMax);
  return IsBlank(reason) ? "" : std::string(absl::StripAsciiWhitespace(reason));
}

// "ipv4:192.0.2.7:4711" and "ipv6:%5B2001:db8::7%5D:4711", as gRPC writes them, without the port;
// "" for what came over no network.
std::string AddressOf(absl::string_view peer) {
  if (absl::ConsumePrefix(&peer, "ipv4:")) return std::string(peer.substr(0, peer.rfind(':')));
  if (!absl::ConsumePrefix(&peer, "ipv6:")) return "";
  peer = peer.substr(0, peer.rfind(':'));
  if (!absl::ConsumePrefix(&peer, "%5B")) absl::ConsumePrefix(&peer, "[");
  if (!absl::ConsumeSuffix(&peer, "%5D")) absl::ConsumeSuffix(&peer, "]");
  return std::string(peer);
}

// What a proxy says is believed of one that has a certificate of this site, or, where there are
// none, that runs on this machine.
std::string LineOfCaller(const grpc::ServerContext& context, const rpc::Peer& peer,
                         const Lane& lane) {
  const std::string socket = context.peer();
  const std::string own = AddressOf(socket);
  const bool ours = lane.peer_check != nullptr
                        ? !peer.certificate_uri.empty()
                        : absl::StartsWith(socket, "unix:") || IsLoopback(own);
  const std::string forwarded = ours ? MetadataOf(context, rpc::kForwardedHeader) : "";
  return LineOf(forwarded.empty() ? own : forwarded);
}

}  // namespace

RawService::RawService(std::vector<rpc::Endpoint> endpoints) : endpoints_(std::move(endpoints)) {
  using grpc::internal::RpcMethod;
  int index = 0;
  for (const rpc::Endpoint& endpoint : endpoints_) {
    paths_.push_back(rpc::PathOf(*endpoint.method));
    const auto type = endpoint.method->client_streaming()   ? RpcMethod::BIDI_STREAMING
                      : endpoint.method->server_streaming() ? RpcMethod::SERVER_STREAMING
                                                            : RpcMethod::NORMAL_RPC;
    AddMethod(new grpc::internal::RpcServiceMethod(paths_.back().c_str(), type, nullptr));
    MarkMethodRaw(index++);
  }
}

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
  peer.reason = CallersReason(context);
  // gRPC is asked for the address only of a caller that knows the key: it writes the text anew for
  // each question.
  peer.in_process =
      MetadataOf(context, kInProcessKey) == lane.in_process_key && context.peer() == kNoAddress;
  if (!peer.in_process && lane.peer_check != nullptr)
    peer.certificate_uri = CertificateUri(context, *lane.peer_check);
  // The same of the others: whoever shows a token is counted by their name.
  if (!peer.in_process && !absl::StartsWithIgnoreCase(peer.authorization, "bearer "))
    peer.address = LineOfCaller(context, peer, lane);
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
