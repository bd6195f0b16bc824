#include "shared/transport/exchange_call.h"

#include <utility>

#include "shared/base/error.h"
#include "shared/rpc/metrics.h"
#include "shared/transport/bytes.h"
#include "shared/transport/status.h"

namespace vivier::transport {
namespace {

// A tool that walks all services asks for each file once: some two hundred.
constexpr int kMessagesMax = 1000;

// What the handler of one message holds.
class OneAnswer final : public rpc::Responder {
 public:
  explicit OneAnswer(std::shared_ptr<ExchangeCall> call) : call_(std::move(call)) {}
  ~OneAnswer() override { Refuse(Internal("the message was dropped without an answer")); }

  void Answer(std::shared_ptr<const std::string> bytes) override {
    if (!given_.exchange(true)) call_->Answer(std::move(bytes));
  }
  void Refuse(const absl::Status& status) override {
    if (!given_.exchange(true)) call_->End(status);
  }
  absl::Time deadline() const override { return call_->deadline(); }
  bool cancelled() const override { return call_->cancelled(); }

 private:
  const std::shared_ptr<ExchangeCall> call_;
  std::atomic<bool> given_{false};
};

}  // namespace

void ExchangeCall::Arm(const Lane& lane) {
  auto call = std::make_shared<ExchangeCall>(lane);
  call->self_ = call;
  lane.traffic.Armed();
  Wire& wire = *call->wire_;
  wire.context.AsyncNotifyWhenDone(&call->ended_);
  lane.service.RequestAsyncBidiStreaming(lane.index, &wire.context, &wire.stream, &lane.queue(),
                                         &lane.queue(), &call->arrived_);
}

void ExchangeCall::Arrived(bool ok) {
  if (!ok) {  // as for unary calls
    Release();
    return;
  }
  Arm(lane_);
  peer_ = PeerOf(wire_->context, lane_);
  deadline_ = DeadlineOf(wire_->context, lane_.deadline);
  const absl::Status opened = lane_.traffic.Open(this, weak_from_this(), /*counted=*/true,
                                                 ShareOf(wire_->context, peer_, lane_));
  if (absl::IsResourceExhausted(opened)) rpc::metrics::Refusals("streams").Increment();
  if (!opened.ok()) return End(opened);
  wire_->stream.Read(&wire_->request, &read_);
}

void ExchangeCall::Read(bool ok) {
  if (!ok) return End(absl::OkStatus());  // the peer has said all, or has gone
  if (++messages_ > kMessagesMax)
    return End(Error(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                     "the stream has had as many messages as one may; open another one"));
  grpc::Slice slice;
  const absl::StatusOr<absl::string_view> request =
      RequestOf(lane_.endpoint(), wire_->request, slice);
  if (!request.ok()) return End(request.status());
  lane_.endpoint().each(*request, peer_, std::make_shared<OneAnswer>(shared_from_this()));
}

void ExchangeCall::Answer(std::shared_ptr<const std::string> bytes) {
  wire_->stream.Write(Wrap(std::move(bytes)), &written_);
}

void ExchangeCall::Written(bool ok) {
  if (!ok) return End(absl::CancelledError("the peer has gone"));
  wire_->stream.Read(&wire_->request, &read_);
}

void ExchangeCall::End(const absl::Status& status) {
  wire_->stream.Finish(ToGrpc(status), &finished_);
}

// What is under way fails, and the stream ends with that.
void ExchangeCall::Stop(const absl::Status&) {
  absl::MutexLock lock(&mutex_);
  if (wire_.has_value()) wire_->context.TryCancel();
}

void ExchangeCall::Finished(bool) { CountTag(); }

void ExchangeCall::Ended(bool) {
  cancelled_ = wire_->context.IsCancelled();
  CountTag();
}

void ExchangeCall::CountTag() {
  if (--tags_left_ > 0) return;
  lane_.traffic.Closed(this);
  Release();
}

// Lets go of gRPC first, then of the server, then of itself.
void ExchangeCall::Release() {
  {
    absl::MutexLock lock(&mutex_);
    wire_.reset();
  }
  lane_.traffic.Released();
  self_.reset();
}

}  // namespace vivier::transport
