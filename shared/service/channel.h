// The client's side of the wire: a channel takes and gives bytes, Invoke<Response> takes and gives
// messages. An error comes back as the server made it, with its ErrorInfo and the other details as
// payloads. Channels and streams are thread-safe; channels live as long as the process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/base/monitor.h"
#include "shared/service/catalogue.h"

namespace vivier::rpc {

struct CallOptions {
  absl::Duration timeout =
      absl::Seconds(5);  // of the whole call; a stream that lasts says absl::InfiniteDuration()
  std::string authorization;  // "Bearer …", "" for none
  std::string traceparent;    // W3C trace context, "" for none
  std::string reason = "";    // see kReasonHeader in endpoint.h, "" for none
  // The address of whoever a proxy calls for, "" where the caller calls for itself.
  std::string forwarded_for = "";
};

// One server-streaming call. Letting go of it does not end it.
class ClientStream {
 public:
  // Told on the one thread that all channels share: neither must block there.
  struct Listener {
    std::function<void(std::string)> message;  // one, and another after each Next
    std::function<void(absl::Status)> end;     // once, the last
  };
  virtual ~ClientStream() = default;
  // Asks for another message, once the one before has come.
  virtual void Next() = 0;
  // Ends the call soon; messages may come until it has ended.
  virtual void Cancel() = 0;
};

class Channel {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;
  virtual ~Channel() = default;

  // Blocks until the answer. `path` is "/package.Service/Method".
  virtual absl::StatusOr<std::string> Call(const std::string& path, const std::string& request,
                                           const CallOptions& options) = 0;
  // Calls `done` once, even when the channel has gone by then, on the one thread that all channels
  // share: it must not block there.
  virtual void Start(const std::string& path, const std::string& request,
                     const CallOptions& options, Done done) = 0;
  // The listener hears of the first message without a Next.
  virtual std::shared_ptr<ClientStream> Stream(const std::string& path, const std::string& request,
                                               const CallOptions& options,
                                               ClientStream::Listener listener) = 0;
};

// A server-streaming call of who waits for each message. Not thread-safe, except for Cancel.
class BlockingStream {
 public:
  BlockingStream(Channel& channel, const std::string& path, const std::string& request,
                 const CallOptions& options = {});
  // Cancels the call and waits for its end.
  ~BlockingStream();

  // Blocks for the next message; nullopt after the last one of a stream that ended well, else its
  // error.
  absl::StatusOr<std::optional<std::string>> Read();
  void Cancel() { stream_->Cancel(); }

 private:
  std::shared_ptr<ClientStream> stream_;
  bool asked_ = true;  // of the reading thread
  Monitor monitor_;    // guards what follows
  std::optional<std::string> message_;
  std::optional<absl::Status> end_;
};

inline std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

template <class Response>
absl::StatusOr<Response> Invoke(Channel& channel, const std::string& path,
                                const google::protobuf::Message& request,
                                const CallOptions& options = {}) {
  absl::StatusOr<std::string> bytes = channel.Call(path, request.SerializeAsString(), options);
  if (!bytes.ok()) return bytes.status();
  Response response;
  if (!response.ParseFromString(*bytes))
    return absl::InternalError("the answer of " + path + " is not a valid message");
  return response;
}

template <class Response>
absl::StatusOr<Response> Invoke(Channel& channel, const google::protobuf::MethodDescriptor& method,
                                const google::protobuf::Message& request,
                                const CallOptions& options = {}) {
  return Invoke<Response>(channel, PathOf(method), request, options);
}

}  // namespace vivier::rpc
