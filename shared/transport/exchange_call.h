// One stream of which each message from the peer is answered by one, in turn, from the moment it is
// armed until its last tag came back. One operation is under way at a time: a read, the handler's
// turn, a write, the end. Thread-safe; after the last tag it holds nothing of gRPC, so it may
// outlive the server.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/synchronization/mutex.h"
#include "shared/transport/call_context.h"

namespace vivier::transport {

class ExchangeCall final : public OpenStream, public std::enable_shared_from_this<ExchangeCall> {
 public:
  static void Arm(const Lane& lane);

  explicit ExchangeCall(const Lane& lane) : lane_(lane) {}

  void Answer(std::shared_ptr<const std::string> bytes);
  void End(const absl::Status& status);
  absl::Time deadline() const { return deadline_; }
  bool cancelled() const { return cancelled_; }
  void Stop(const absl::Status& status) override;

 private:
  struct Wire {
    grpc::ServerContext context;
    grpc::ByteBuffer request;
    grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream{&context};
  };

  void Arrived(bool ok);
  void Read(bool ok);
  void Written(bool ok);
  void Finished(bool ok);
  void Ended(bool ok);
  void CountTag();
  void Release();

  const Lane& lane_;
  absl::Mutex mutex_;  // held while the wire is let go of, and while it is stopped
  std::optional<Wire> wire_{std::in_place};
  Tag<ExchangeCall> arrived_{*this, &ExchangeCall::Arrived};
  Tag<ExchangeCall> read_{*this, &ExchangeCall::Read};
  Tag<ExchangeCall> written_{*this, &ExchangeCall::Written};
  Tag<ExchangeCall> finished_{*this, &ExchangeCall::Finished};
  Tag<ExchangeCall> ended_{*this, &ExchangeCall::Ended};
  rpc::Peer peer_;
  absl::Time deadline_;
  int messages_ = 0;
  std::atomic<bool> cancelled_{false};
  int tags_left_ = 2;  // finished and ended, in either order; on the polling thread only
  std::shared_ptr<ExchangeCall> self_;
};

}  // namespace vivier::transport
