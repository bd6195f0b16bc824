#include "shared/site/watchdog.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/log/log.h"

namespace vivier::site {

Watchdog::Watchdog(Options options) : options_(std::move(options)), thread_([this] { Watch(); }) {}

Watchdog::~Watchdog() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  thread_.join();
}

void Watchdog::Watch() {
  int refused = 0;
  while (true) {
    const absl::Time start = absl::Now();
    const uint64_t before = options_.beats();
    const absl::Status connected = transport::TryConnect(options_.port, kInterval);
    const bool polls = options_.beats() != before;
    refused = connected.ok() ? 0 : refused + 1;
    if (!connected.ok())
      Log(LogLevel::kWarning, "our own port does not accept a connection",
          {{"error", connected.message()}, {"polls", polls ? "true" : "false"}});
    if (refused == kTriesMax)
      return options_.dead(polls ? connected : Unavailable("the polling threads are stuck"));
    Monitor::Lock lock(monitor_);
    if (lock.AwaitFor(std::min(kInterval, start + kInterval - absl::Now()),
                      [this] { return stopping_; }))
      return;
  }
}

}  // namespace vivier::site
