// Operations of every service that a process runs, behind one name
// (vivier.operations.v1.OperationService): a request goes to the service that its operation's name,
// or its field `service`, says, and there through the adapter as any other. Who waits is asked for
// again and again, on readers and never on the writer, so that it does
// not matter which replica runs the operation. Thread-safe once every service is added.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/follow/operation_runner.h"
#include "shared/process/operation_handlers.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/adapter.h"
#include "shared/rpc/endpoint.h"
#include "shared/service/service.h"

namespace vivier::site {

class OperationService {
 public:
  // Below the longest deadline that the edge lets through, 30 s.
  static constexpr absl::Duration kWaitMax = absl::Seconds(25);
  static constexpr absl::Duration kLookAgain = absl::Milliseconds(100);
  // Each costs ten reads a second; who comes later is answered at once.
  static constexpr size_t kWaitersMax = 200;

  explicit OperationService(Scheduler& scheduler)
      : timer_(scheduler, Scheduler::Lane::kHouse, [this] { AskAll(); }) {}
  ~OperationService() { Stop(); }

  // All that is given outlives this; `runner` may be null.
  absl::Status Add(const rpc::Service& service, rpc::Adapter::Surroundings surroundings,
                   follow::OperationRunner* runner);

  // One for each rpc. They point to this object.
  std::vector<rpc::Endpoint> Endpoints();

  // Answers all who wait; from now on nobody waits.
  void Stop();

 private:
  struct Part {
    std::unique_ptr<OperationHandlers> handlers;
    std::unique_ptr<rpc::Adapter> adapter;
    std::map<const google::protobuf::MethodDescriptor*, rpc::Endpoint> endpoints;
    follow::OperationRunner* runner;
  };
  struct Waiter;
  class Look;

  const Part& PartFor(const google::protobuf::Message& request) const;
  void Wait(absl::string_view bytes, const rpc::Peer& peer,
            std::shared_ptr<rpc::Responder> responder);
  void Ask(std::shared_ptr<const Waiter> waiter);
  bool Keep(std::shared_ptr<const Waiter> waiter);
  void AskAll();

  std::map<std::string, Part> parts_;  // by service
  Scheduler::Timer timer_;
  Monitor monitor_;  // guards what follows
  std::vector<std::shared_ptr<const Waiter>> waiting_;
  bool stopping_ = false;
};

}  // namespace vivier::site
