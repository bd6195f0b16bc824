// What the transport needs from the adapter and gives to it: methods that take and give bytes. The
// handler functions are called on a polling thread and must not block there; the objects they
// receive may be used from any thread, and may outlive the server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "shared/service/method.h"

namespace vivier::rpc {

// The metadata by which a caller says why they go beyond a bound that is theirs to break (a read
// budget): printable ASCII, kept in the audit record. Blanks alone are none.
inline constexpr char kReasonHeader[] = "vivier-reason";
inline constexpr size_t kReasonBytesMax = 500;

// The metadata by which the edge and the gateway say for whom they call: one address. Nobody else
// is believed.
inline constexpr char kForwardedHeader[] = "x-forwarded-for";

// Who is at the other end, as the connection and the call's metadata tell it. Nothing here is
// verified except `certificate_uri`, `in_process` and `address`.
struct Peer {
  std::string authorization;  // the raw value of the metadata of that name, "" when absent
  std::string traceparent;    // W3C trace context, "" when absent
  std::string reason;  // why the caller goes beyond a bound that is theirs to break, "" when absent
  // From where whoever shows no token calls, as LineOf (base/network.h) says it; "" for all others
  // and where nobody knows. What a proxy of ours says of it is believed.
  std::string address;
  bool in_process = false;
  std::string certificate_uri;  // the one URI of the peer's verified certificate; "" without TLS,
                                // or once it is revoked
};

// How long a message of a stream may take: below what a proxy waits between two of them, so that no
// stream looks as if it were dead.
inline constexpr absl::Duration kMessageTimeout = absl::Seconds(30);

// One unary call in progress. The first Answer or Refuse counts, later ones do nothing; a responder
// that is dropped without either refuses with INTERNAL, so a call never hangs. Thread-safe.
class Responder {
 public:
  virtual ~Responder() = default;

  // OK with these serialised bytes, which are not copied.
  virtual void Answer(std::shared_ptr<const std::string> bytes) = 0;
  // The status travels as google.rpc.Status with its payloads as details.
  virtual void Refuse(const absl::Status& status) = 0;

  // The client's deadline, or the server's own when the client gave none.
  virtual absl::Time deadline() const = 0;
  // True once the client has gone or its deadline has passed: an answer reaches nobody.
  virtual bool cancelled() const = 0;
};

// One open server stream. A stream that is dropped without Close ends with INTERNAL. Thread-safe.
class ServerStream {
 public:
  virtual ~ServerStream() = default;

  // Queues a message. False when the peer has gone, the stream is closed or the queue is full.
  virtual bool Write(std::shared_ptr<const std::string> bytes) = 0;
  // Calls `callback` once, when all that was written is on its way to the peer or the stream is
  // gone or has ended, or at once if that is so. A later callback replaces the one before. It must
  // not block: it runs on a polling thread.
  virtual void OnDrained(std::function<void()> callback) = 0;
  // Ends the stream with `status` after what is queued.
  virtual void Close(const absl::Status& status) = 0;

  // True once the peer has gone, its certificate was revoked or the server drains: stop writing.
  virtual bool gone() const = 0;
  // Calls `callback` once, when the stream is gone or has ended, or at once if it already has. A
  // later callback replaces the one before. It must not block: it runs on a polling thread.
  virtual void OnGone(std::function<void()> callback) = 0;
};

struct Endpoint {
  const google::protobuf::MethodDescriptor* method = nullptr;
  int request_bytes_max = kRequestBytesMax;
  // Exactly one is set: `streaming` where the method streams its answers, `each` where it streams
  // both ways, which answers every message with one. `request` is valid during the call only.
  std::function<void(absl::string_view request, const Peer& peer,
                     std::shared_ptr<Responder> responder)>
      unary;
  std::function<void(absl::string_view request, const Peer& peer,
                     std::shared_ptr<ServerStream> stream)>
      streaming;
  std::function<void(absl::string_view request, const Peer& peer,
                     std::shared_ptr<Responder> responder)>
      each;
};

}  // namespace vivier::rpc
