#include "shared/site/watchdog.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "shared/log/log.h"

namespace vivier::site {
namespace {

constexpr char kCheckPath[] = "/grpc.health.v1.Health/Check";
constexpr char kWholeServer[] = "";  // a HealthCheckRequest that names no service

transport::ChannelOptions Once(transport::ChannelOptions options) {
  options.retry = false;
  return options;
}

}  // namespace

Watchdog::Watchdog(transport::ChannelOptions port, std::function<void(const absl::Status&)> dead)
    : port_(Once(std::move(port))), dead_(std::move(dead)), thread_([this] { Watch(); }) {}

Watchdog::~Watchdog() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  thread_.join();
}

void Watchdog::Watch() {
  int unanswered = 0;
  while (true) {
    const absl::Time start = absl::Now();
    const absl::Status answer = Ask();
    unanswered = answer.ok() ? 0 : unanswered + 1;
    if (!answer.ok())
      Log(LogLevel::kWarning, "our own port does not answer", {{"error", answer.message()}});
    if (unanswered == kUnansweredMax) return dead_(answer);
    Monitor::Lock lock(monitor_);
    if (lock.AwaitFor(std::min(kInterval, start + kInterval - absl::Now()),
                      [this] { return stopping_; }))
      return;
  }
}

absl::Status Watchdog::Ask() const {
  return transport::Connect(port_)->Call(kCheckPath, kWholeServer, {kInterval, "", ""}).status();
}

}  // namespace vivier::site
