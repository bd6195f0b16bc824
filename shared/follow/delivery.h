// Takes events of a service's own log to one target outside: after a commit it reads what comes
// after its last delivery, runs the service's function, which may block, and stores the outcome in
// an ordinary transaction. At least once, in order; an event that meets a transient error is tried
// again without limit, a refusal is stored and the next one follows. Few run at a time, so that a
// silent target takes no threads from others. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::follow {

class Delivery {
 public:
  struct Options {
    std::string school;
    std::string target;  // schools/{parent}
    const rpc::Service::EventDelivery* delivery;
    std::function<rpc::Outside::End()> here;
    std::function<absl::StatusOr<rpc::Outside::End>()>
        there;  // an error where its token cannot be read
    storage::Writer* writer;
    rpc::Readers* readers;
    Scheduler* scheduler;
  };

  // Begins with what was not delivered yet. Its end waits for one that is under way.
  explicit Delivery(Options options);

  // The log has more events, or may have.
  void Wake();

 private:
  void Run();
  // True when there was something to deliver.
  absl::StatusOr<bool> DeliverPage();
  absl::StatusOr<std::string> Deliver(const log::v1::LoggedEvent& event) const;
  absl::Status Store(int64_t before, int64_t number, const std::string& outcome);

  const Options options_;
  Scheduler::Timer timer_;
};

}  // namespace vivier::follow
