// One unary call from the moment it is armed until its last tag came back. It lives on one polling
// thread; others may Answer, Refuse, and ask. After the last tag it lets go of everything that
// belongs to gRPC, so a responder that somebody still holds may outlive the server.
#pragma once

#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <memory>
#include <optional>

#include "shared/transport/call_context.h"

namespace vivier::transport {

class UnaryCall final : public WaitingCall, public std::enable_shared_from_this<UnaryCall> {
 public:
  // Makes the lane ready for one more call.
  static void Arm(const Lane& lane);

  explicit UnaryCall(const Lane& lane) : lane_(lane) {}

  void Begin() override;
  void Shed() override;

  void Answer(std::shared_ptr<const std::string> bytes);
  void Refuse(const absl::Status& status);
  absl::Time deadline() const { return deadline_; }
  bool cancelled() const { return cancelled_; }

 private:
  struct Wire {
    grpc::ServerContext context;
    grpc::ByteBuffer request;
    grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer{&context};
  };

  void Arrived(bool ok);
  void Finished(bool ok);
  void Ended(bool ok);
  bool Enter();
  void CountTag();
  void Release();

  const Lane& lane_;
  std::optional<Wire> wire_{std::in_place};
  Tag<UnaryCall> arrived_{*this, &UnaryCall::Arrived};
  Tag<UnaryCall> finished_{*this, &UnaryCall::Finished};
  Tag<UnaryCall> ended_{*this, &UnaryCall::Ended};
  absl::Time deadline_;
  std::optional<rpc::Peer> peer_;  // once it was asked for
  std::atomic<bool> answered_{false};
  std::atomic<bool> cancelled_{false};
  bool counted_ = false;
  int tags_left_ = 2;  // finished and ended, in either order
  std::shared_ptr<UnaryCall> self_;
};

}  // namespace vivier::transport
