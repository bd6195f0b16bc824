// One server stream from the moment it is armed until its last tag came back. Messages wait in a
// bounded queue while one is on its way. Thread-safe; after the last tag it holds nothing of gRPC,
// so it may outlive the server.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "shared/transport/call_context.h"

namespace vivier::transport {

class StreamCall final : public OpenStream, public std::enable_shared_from_this<StreamCall> {
 public:
  static void Arm(const Lane& lane);

  explicit StreamCall(const Lane& lane) : lane_(lane) {}

  bool Write(std::shared_ptr<const std::string> bytes);
  void OnDrained(std::function<void()> callback);
  void Close(const absl::Status& status);
  bool gone() const;
  void OnGone(std::function<void()> callback);
  void Stop(const absl::Status& status) override;

 private:
  struct Wire {
    grpc::ServerContext context;
    grpc::ByteBuffer request;
    grpc::ServerAsyncWriter<grpc::ByteBuffer> writer{&context};
  };

  void Arrived(bool ok);
  void Written(bool ok);
  void Finished(bool ok);
  void Ended(bool ok);
  void Handle();
  void Leave();
  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountTag();
  void Release();

  const Lane& lane_;
  std::optional<Wire> wire_{std::in_place};
  Tag<StreamCall> arrived_{*this, &StreamCall::Arrived};
  Tag<StreamCall> written_{*this, &StreamCall::Written};
  Tag<StreamCall> finished_{*this, &StreamCall::Finished};
  Tag<StreamCall> ended_{*this, &StreamCall::Ended};
  bool by_certificate_ = false;
  int tags_left_ = 2;  // finished and ended, in either order; on the polling thread only

  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<const std::string>> pending_ ABSL_GUARDED_BY(mutex_);
  size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> close_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_gone_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_drained_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<StreamCall> self_;
};

}  // namespace vivier::transport
