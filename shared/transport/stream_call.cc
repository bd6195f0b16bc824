#include "shared/transport/stream_call.h"

#include <utility>

#include "shared/base/error.h"
#include "shared/rpc/metrics.h"
#include "shared/transport/bytes.h"
#include "shared/transport/credentials.h"
#include "shared/transport/status.h"

namespace vivier::transport {
namespace {

// A slow reader may hold this much of our memory, per stream.
constexpr size_t kPendingMax = 64;
constexpr size_t kPendingBytesMax = 8 * 1024 * 1024;

// What the handler holds.
class StreamWriter final : public rpc::ServerStream {
 public:
  explicit StreamWriter(std::shared_ptr<StreamCall> call) : call_(std::move(call)) {}
  ~StreamWriter() override { call_->Close(Internal("the stream was dropped without an end")); }

  bool Write(std::shared_ptr<const std::string> bytes) override {
    return call_->Write(std::move(bytes));
  }
  void OnDrained(std::function<void()> callback) override { call_->OnDrained(std::move(callback)); }
  void Close(const absl::Status& status) override { call_->Close(status); }
  bool gone() const override { return call_->gone(); }
  void OnGone(std::function<void()> callback) override { call_->OnGone(std::move(callback)); }

 private:
  const std::shared_ptr<StreamCall> call_;
};

}  // namespace

void StreamCall::Arm(const Lane& lane) {
  auto call = std::make_shared<StreamCall>(lane);
  call->self_ = call;
  lane.traffic.Armed();
  Wire& wire = *call->wire_;
  wire.context.AsyncNotifyWhenDone(&call->ended_);
  lane.service.RequestAsyncServerStreaming(lane.index, &wire.context, &wire.request, &wire.writer,
                                           &lane.queue(), &lane.queue(), &call->arrived_);
}

void StreamCall::Arrived(bool ok) {
  if (!ok) {  // as for unary calls
    Release();
    return;
  }
  Arm(lane_);
  Handle();
}

void StreamCall::Handle() {
  const rpc::Peer peer = PeerOf(wire_->context, lane_);
  const absl::Status opened = lane_.traffic.Open(this, weak_from_this(), /*counted=*/!lane_.health,
                                                 ShareOf(wire_->context, peer, lane_));
  if (absl::IsResourceExhausted(opened)) rpc::metrics::Refusals("streams").Increment();
  if (!opened.ok()) return Close(opened);
  grpc::Slice slice;
  const absl::StatusOr<absl::string_view> request =
      RequestOf(lane_.endpoint(), wire_->request, slice);
  if (!request.ok()) return Close(request.status());
  by_certificate_ = !peer.certificate_uri.empty();
  lane_.endpoint().streaming(*request, peer, std::make_shared<StreamWriter>(shared_from_this()));
}

bool StreamCall::HasRoom() const {
  return pending_.empty() || (pending_.size() < kPendingMax && pending_bytes_ < kPendingBytesMax);
}

bool StreamCall::Write(std::shared_ptr<const std::string> bytes) {
  absl::MutexLock lock(&mutex_);
  if (gone_ || close_ || !HasRoom()) return false;
  pending_bytes_ += bytes->size();
  pending_.push_back(std::move(bytes));
  Next();
  return true;
}

void StreamCall::OnDrained(std::function<void()> callback) {
  {
    absl::MutexLock lock(&mutex_);
    if (!gone_ && (writing_ || !pending_.empty())) {
      on_drained_ = std::move(callback);
      return;
    }
  }
  callback();
}

void StreamCall::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (close_) return;
  close_ = status;
  Next();
}

void StreamCall::Stop(const absl::Status& status) {
  Close(status);
  Leave();
}

bool StreamCall::gone() const {
  absl::MutexLock lock(&mutex_);
  if (gone_ || !by_certificate_) return gone_;  // what is gone has no context
  return CertificateUri(wire_->context, *lane_.peer_check).empty();
}

void StreamCall::OnGone(std::function<void()> callback) {
  {
    absl::MutexLock lock(&mutex_);
    if (!gone_) {
      on_gone_ = std::move(callback);
      return;
    }
  }
  callback();
}

// Tells the writer, outside the lock.
void StreamCall::Leave() {
  std::function<void()> gone, drained;
  {
    absl::MutexLock lock(&mutex_);
    gone_ = true;
    gone = std::exchange(on_gone_, nullptr);
    drained = std::exchange(on_drained_, nullptr);
  }
  if (gone) gone();
  if (drained) drained();
}

// Sends the next message, or the end when there is none left.
void StreamCall::Next() {
  if (writing_ || finishing_) return;
  if (!pending_.empty()) {
    writing_ = true;
    const std::shared_ptr<const std::string> bytes = std::move(pending_.front());
    pending_.pop_front();
    pending_bytes_ -= bytes->size();
    wire_->writer.Write(Wrap(bytes), &written_);
  } else if (close_) {
    finishing_ = true;
    wire_->writer.Finish(ToGrpc(*close_), &finished_);
  }
}

void StreamCall::Written(bool ok) {
  if (!ok) Leave();
  std::function<void()> drained;
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) {
      pending_.clear();
      if (!close_) close_ = absl::CancelledError("the peer has gone");
    }
    if (pending_.empty()) drained = std::exchange(on_drained_, nullptr);
    Next();
  }
  if (drained) drained();
}

void StreamCall::Finished(bool) { CountTag(); }

void StreamCall::Ended(bool) {
  if (wire_->context.IsCancelled()) {
    Leave();
    absl::MutexLock lock(&mutex_);
    pending_.clear();
    if (!close_) close_ = absl::CancelledError("the call was cancelled");
    Next();
  }
  CountTag();
}

void StreamCall::CountTag() {
  if (--tags_left_ > 0) return;
  Leave();
  lane_.traffic.Closed(this);
  Release();
}

// Lets go of gRPC first, then of the server, then of itself.
void StreamCall::Release() {
  wire_.reset();
  lane_.traffic.Released();
  self_.reset();
}

}  // namespace vivier::transport
