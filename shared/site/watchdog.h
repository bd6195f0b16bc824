// Dials the process's own port, a new connection each time, and asks its health: a listener that
// stopped accepting (gRPC 1.51 does for ever once descriptors ran out, CVE-2023-4785) or a polling
// thread that is stuck looks well from inside. When several asks in a row have no answer it says
// so, once. What the answer is does not matter. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/transport/channel.h"

namespace vivier::site {

class Watchdog {
 public:
  // A dead port is found within 15 s: a wait after the last good answer, and as many asks. They are
  // counted instead of timed, so that a process that was stopped and goes on is not taken for dead.
  static constexpr absl::Duration kInterval = absl::Seconds(3);
  static constexpr int kUnansweredMax = 4;

  // `dead` is called on the watchdog's thread, with the last error.
  Watchdog(transport::ChannelOptions port, std::function<void(const absl::Status& why)> dead);
  // Waits for an ask that is under way.
  ~Watchdog();

 private:
  void Watch();
  absl::Status Ask() const;

  const transport::ChannelOptions port_;
  const std::function<void(const absl::Status&)> dead_;
  Monitor monitor_;  // guards what follows
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vivier::site
