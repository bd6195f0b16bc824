#include "shared/web/server/connections.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "shared/web/server/metrics.h"

namespace vivier::web {
namespace {

bool HasGone(int socket) {
  char byte;
  const ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace

Connections::Connections(const Times& times, int most)
    : times_(times), most_(static_cast<size_t>(most)), watch_([this] { Watch(); }) {}

Connections::~Connections() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  watch_.join();
}

Connections::Connection* Connections::Open(int socket) {
  auto made = std::make_unique<Connection>();
  Connection* const connection = made.get();
  connection->socket = socket;
  connection->since = absl::Now();
  metrics::Connections().Increment();
  size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    open_[connection] = std::move(made);
    count = open_.size();
    connection->idle = idle_.insert(idle_.end(), connection);
    if (count > most_ && idle_.front() != connection) Shut(*idle_.front());
  }
  if (count == 1) {
    Monitor::Lock lock(monitor_);
    any_ = true;
  }
  return connection;
}

void Connections::Closed(Connection* connection) {
  metrics::Connections().Decrement();
  std::unique_ptr<Connection> closed;  // what it would tell is let go of without the mutex
  const std::lock_guard lock(mutex_);
  Leave(*connection);
  const auto found = open_.find(connection);
  closed = std::move(found->second);
  open_.erase(found);
}

void Connections::Enter(Connection& connection, Phase phase, std::function<void()> gone) {
  const absl::Time now = absl::Now();
  const std::lock_guard lock(mutex_);
  Leave(connection);
  connection.phase = phase;
  connection.since = now;
  connection.gone.swap(gone);
  if (phase == Phase::kIdle && !connection.shut)
    connection.idle = idle_.insert(idle_.end(), &connection);
}

int Connections::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(open_.size());
}

void Connections::Leave(Connection& connection) {
  if (connection.phase == Phase::kIdle && !connection.shut) idle_.erase(connection.idle);
}

void Connections::Shut(Connection& connection) {
  if (connection.shut) return;
  Leave(connection);
  connection.shut = true;
  shutdown(connection.socket, SHUT_RDWR);
}

absl::Duration Connections::LimitOf(Phase phase) const {
  switch (phase) {
    case Phase::kIdle:
      return times_.idle;
    case Phase::kHead:
      return times_.head;
    case Phase::kBody:
      return times_.body;
    case Phase::kWaiting:
      break;
    case Phase::kAnswering:
      return times_.answer;
    case Phase::kStreaming:
      return times_.stream;
  }
  return absl::InfiniteDuration();
}

std::vector<std::function<void()>> Connections::Sweep(absl::Time now) {
  std::vector<std::function<void()>> told;
  const std::lock_guard lock(mutex_);
  for (const auto& [connection, owned] : open_) {
    const bool waits =
        connection->phase == Phase::kWaiting || connection->phase == Phase::kStreaming;
    if (connection->gone != nullptr && waits && HasGone(connection->socket))
      told.push_back(std::exchange(connection->gone, nullptr));
    if (now - connection->since > LimitOf(connection->phase)) Shut(*connection);
  }
  return told;
}

// Sleeps for good while there is no connection.
void Connections::Watch() {
  while (true) {
    {
      Monitor::Lock lock(monitor_);
      lock.Await([this] { return stopping_ || any_; });
      if (lock.AwaitFor(times_.sweep_every, [this] { return stopping_; })) return;
      any_ = false;
    }
    for (const std::function<void()>& tell : Sweep(absl::Now())) tell();
    if (count() == 0) continue;
    Monitor::Lock lock(monitor_);
    any_ = true;
  }
}

}  // namespace vivier::web
