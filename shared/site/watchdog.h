// Finds a process that cannot recover, so that it ends and is started again: one whose listener
// stopped accepting (gRPC 1.51 does for ever once descriptors ran out, CVE-2023-4785), which looks
// well from inside, and one whose polling threads are stuck. It never judges how fast a process is:
// one that is busy still polls, and accepts.
//
//   connects to the own port ─▶ accepted            well
//                             ▶ not, and it polls   dead port
//                             ▶ not, nor does it poll   stuck
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/transport/channel.h"

namespace vivier::site {

class Watchdog {
 public:
  // A fault is found within 15 s: a wait after the last good try, and as many tries. They are
  // counted instead of timed, so that a process that was stopped and goes on is not taken for dead.
  static constexpr absl::Duration kInterval = absl::Seconds(3);
  static constexpr int kTriesMax = 4;

  struct Options {
    transport::ChannelOptions port;
    // Lets the polling threads come round if they can, and gives how often they did (Site::Beats).
    std::function<uint64_t()> beats;
    // Called once, on the watchdog's thread.
    std::function<void(const absl::Status& why)> dead;
  };

  explicit Watchdog(Options options);
  // Waits for a try that is under way.
  ~Watchdog();

 private:
  void Watch();

  const Options options_;
  Monitor monitor_;  // guards what follows
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vivier::site
