#include "shared/process/operation_service.h"

#include <algorithm>
#include <utility>

#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/service/channel.h"
#include "shared/service/operation.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::site {

namespace pb = google::protobuf;
namespace v1 = operations::v1;

namespace {

// An answer needs this long to arrive before the caller's deadline.
constexpr absl::Duration kTimeToAnswer = absl::Milliseconds(200);

absl::Duration TimeoutOf(const v1::WaitOperationRequest& request) {
  const absl::Duration given =
      absl::Seconds(request.timeout().seconds()) + absl::Nanoseconds(request.timeout().nanos());
  return given > absl::ZeroDuration() ? std::min(given, OperationService::kWaitMax)
                                      : OperationService::kWaitMax;
}

}  // namespace

struct OperationService::Waiter {
  const Part* part;
  std::string bytes;
  rpc::Peer peer;
  std::shared_ptr<rpc::Responder> responder;
  absl::Time until;
};

// One look for somebody who waits: the adapter answers here, and the answer goes on to them or is
// dropped.
class OperationService::Look : public rpc::Responder {
 public:
  Look(OperationService& service, std::shared_ptr<const Waiter> waiter)
      : service_(service), waiter_(std::move(waiter)) {}

  void Answer(std::shared_ptr<const std::string> bytes) override {
    v1::Operation operation;
    const bool done = !operation.ParseFromString(*bytes) || operation.done();
    if (!done && waiter_->part->runner != nullptr)
      waiter_->part->runner->Wake(std::string(SchoolOf(operation.name())));
    if (done || absl::Now() >= waiter_->until || !service_.Keep(waiter_))
      waiter_->responder->Answer(std::move(bytes));
  }
  void Refuse(const absl::Status& status) override { waiter_->responder->Refuse(status); }
  absl::Time deadline() const override { return waiter_->responder->deadline(); }
  bool cancelled() const override { return waiter_->responder->cancelled(); }

 private:
  OperationService& service_;
  const std::shared_ptr<const Waiter> waiter_;
};

absl::Status OperationService::Add(const rpc::Service& service,
                                   rpc::Adapter::Surroundings surroundings,
                                   follow::OperationRunner* runner) {
  Part& part = parts_[service.name()];
  part.runner = runner;
  part.handlers = std::make_unique<OperationHandlers>(service);
  ASSIGN_OR_RETURN(part.adapter, rpc::Adapter::Make(part.handlers->Rpc(), std::move(surroundings)));
  for (rpc::Endpoint& endpoint : part.adapter->Endpoints())
    part.endpoints[endpoint.method] = std::move(endpoint);
  return absl::OkStatus();
}

// A service that does not run here has no operation here, which any part can tell.
const OperationService::Part& OperationService::PartFor(const pb::Message& request) const {
  const auto part = parts_.find(rpc::ServiceFor(request));
  return part == parts_.end() ? parts_.begin()->second : part->second;
}

std::vector<rpc::Endpoint> OperationService::Endpoints() {
  std::vector<rpc::Endpoint> endpoints;
  for (const auto& [method, any] : parts_.begin()->second.endpoints) {
    rpc::Endpoint endpoint = any;
    endpoint.unary = [this, method = method](absl::string_view bytes, const rpc::Peer& peer,
                                             std::shared_ptr<rpc::Responder> responder) {
      if (method->input_type() == v1::WaitOperationRequest::descriptor())
        return Wait(bytes, peer, std::move(responder));
      const std::unique_ptr<pb::Message> request = NewMessage(method->input_type());
      request->ParseFromArray(bytes.data(),
                              static_cast<int>(bytes.size()));  // what is none, the adapter refuses
      PartFor(*request).endpoints.at(method).unary(bytes, peer, std::move(responder));
    };
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

void OperationService::Wait(absl::string_view bytes, const rpc::Peer& peer,
                            std::shared_ptr<rpc::Responder> responder) {
  v1::WaitOperationRequest request;
  request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  const Part& part = PartFor(request);
  const absl::Time until =
      std::min(absl::Now() + TimeoutOf(request), responder->deadline() - kTimeToAnswer);
  Ask(std::make_shared<Waiter>(
      Waiter{&part, std::string(bytes), peer, std::move(responder), until}));
}

void OperationService::Ask(std::shared_ptr<const Waiter> waiter) {
  static const pb::MethodDescriptor* method =
      rpc::MethodTaking(*v1::WaitOperationRequest::descriptor());
  waiter->part->endpoints.at(method).unary(waiter->bytes, waiter->peer,
                                           std::make_shared<Look>(*this, waiter));
}

// Whether they are asked for again.
bool OperationService::Keep(std::shared_ptr<const Waiter> waiter) {
  Monitor::Lock lock(monitor_);
  if (stopping_ || waiting_.size() >= kWaitersMax) return false;
  waiting_.push_back(std::move(waiter));
  timer_.In(kLookAgain);
  return true;
}

void OperationService::AskAll() {
  std::vector<std::shared_ptr<const Waiter>> waiting;
  {
    Monitor::Lock lock(monitor_);
    waiting.swap(waiting_);
  }
  for (const std::shared_ptr<const Waiter>& waiter : waiting) {
    // A deadline that has passed here may not have passed where the caller waits.
    if (waiter->responder->cancelled())
      waiter->responder->Refuse(Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                                      "the operation went on beyond the deadline"));
    else
      Ask(waiter);
  }
}

void OperationService::Stop() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  timer_.Close();
  AskAll();
}

}  // namespace vivier::site
