#include "shared/transport/unary_call.h"

#include <utility>

#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/rpc/metrics.h"
#include "shared/transport/bytes.h"
#include "shared/transport/status.h"

namespace vivier::transport {
namespace {

constexpr char kQueue[] = "calls";  // what a refusal for load calls it

// What the handler holds.
class UnaryResponder final : public rpc::Responder {
 public:
  explicit UnaryResponder(std::shared_ptr<UnaryCall> call) : call_(std::move(call)) {}
  ~UnaryResponder() override {
    if (!answered_) call_->Refuse(Internal("the request was dropped without an answer"));
  }

  void Answer(std::shared_ptr<const std::string> bytes) override {
    answered_ = true;
    call_->Answer(std::move(bytes));
  }
  void Refuse(const absl::Status& status) override {
    answered_ = true;
    call_->Refuse(status);
  }
  absl::Time deadline() const override { return call_->deadline(); }
  bool cancelled() const override { return call_->cancelled(); }

 private:
  const std::shared_ptr<UnaryCall> call_;
  std::atomic<bool> answered_{false};
};

}  // namespace

void UnaryCall::Arm(const Lane& lane) {
  auto call = std::make_shared<UnaryCall>(lane);
  call->self_ = call;
  lane.traffic.Armed();
  Wire& wire = *call->wire_;
  wire.context.AsyncNotifyWhenDone(&call->ended_);
  lane.service.RequestAsyncUnary(lane.index, &wire.context, &wire.request, &wire.writer,
                                 &lane.queue(), &lane.queue(), &call->arrived_);
}

void UnaryCall::Arrived(bool ok) {
  if (!ok) {  // the server shuts down; gRPC does not return the other tag of a call that never
              // began
    Release();
    return;
  }
  Arm(lane_);
  if (!Enter()) return;
  if (lane_.health || !lane_.polling.collecting()) return Begin();
  peer_ = PeerOf(wire_->context, lane_);
  lane_.polling.waiting().Add(ShareOf(wire_->context, *peer_, lane_), shared_from_this(),
                              lane_.polling.looked());
}

bool UnaryCall::Enter() {
  deadline_ = DeadlineOf(wire_->context, lane_.deadline);
  if (lane_.health) return true;
  const absl::Status entered = lane_.traffic.Enter();
  counted_ = entered.ok();
  if (counted_) return true;
  absl::IsResourceExhausted(entered) ? Shed() : Refuse(entered);
  return false;
}

void UnaryCall::Begin() {
  if (answered_) return;  // cancelled while it waited
  if (deadline_ <= absl::Now())
    return Refuse(absl::DeadlineExceededError("the deadline passed before the work began"));
  grpc::Slice slice;
  const absl::StatusOr<absl::string_view> request =
      RequestOf(lane_.endpoint(), wire_->request, slice);
  if (!request.ok()) return Refuse(request.status());
  if (!peer_.has_value()) peer_ = PeerOf(wire_->context, lane_);
  lane_.endpoint().unary(*request, *peer_, std::make_shared<UnaryResponder>(shared_from_this()));
}

// The status is made once: in a flood, a refusal is most of what there is to do.
void UnaryCall::Shed() {
  static const grpc::Status& overloaded = *new grpc::Status(ToGrpc(Overloaded(kQueue)));
  if (answered_.exchange(true)) return;
  static prometheus::Counter& refusals = rpc::metrics::Refusals(kQueue);
  refusals.Increment();
  wire_->writer.FinishWithError(overloaded, &finished_);
}

void UnaryCall::Answer(std::shared_ptr<const std::string> bytes) {
  if (answered_.exchange(true)) return;
  lane_.polling.Run([call = shared_from_this(), bytes = std::move(bytes)] {
    call->wire_->writer.Finish(Wrap(bytes), grpc::Status::OK, &call->finished_);
  });
}

void UnaryCall::Refuse(const absl::Status& status) {
  if (answered_.exchange(true)) return;
  lane_.polling.Run([call = shared_from_this(), status] {
    call->wire_->writer.FinishWithError(ToGrpc(status), &call->finished_);
  });
}

void UnaryCall::Finished(bool) { CountTag(); }

// The client has its answer, or has gone. A call that is cancelled is finished at once, because the
// server cannot shut down before every call is finished.
void UnaryCall::Ended(bool) {
  if (wire_->context.IsCancelled()) {
    cancelled_ = true;
    Refuse(absl::CancelledError("the call was cancelled"));
  }
  CountTag();
}

void UnaryCall::CountTag() {
  if (--tags_left_ > 0) return;
  if (counted_) lane_.traffic.Leave();
  Release();
}

// Lets go of gRPC first, then of the server, then of itself.
void UnaryCall::Release() {
  wire_.reset();
  lane_.traffic.Released();
  self_.reset();
}

}  // namespace vivier::transport
