// The open connections of a server, what each is doing and since when, and who takes too long at
// it. What is closed here is shut down only: the library finds its end and lets go of it.
// Thread-safe.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"

namespace vivier::web {

class Connections {
 public:
  enum class Phase {
    kIdle,       // no request, or the beginning of its first line
    kHead,       // its headers come
    kBody,       // its body comes
    kWaiting,    // for its answer
    kAnswering,  // which is sent
    kStreaming,  // piece by piece
  };

  // How long each may last; a call that waits ends by its deadline.
  struct Times {
    absl::Duration head, body, idle, answer, stream;
    absl::Duration sweep_every;
  };

  struct Connection {
    int socket = -1;
    Phase phase = Phase::kIdle;
    absl::Time since;
    bool shut = false;
    std::function<void()> gone;             // told once when its peer has gone in this phase
    std::list<Connection*>::iterator idle;  // its place among the idle ones, while it is one
  };

  // Beyond `most` open connections the longest idle ones are closed.
  Connections(const Times& times, int most);
  ~Connections();

  Connection* Open(int socket);
  void Closed(Connection* connection);
  void Enter(Connection& connection, Phase phase, std::function<void()> gone = nullptr);
  int count() const;

 private:
  void Watch();
  // Gives what is to be told, which is told without the mutex.
  std::vector<std::function<void()>> Sweep(absl::Time now);
  absl::Duration LimitOf(Phase phase) const;
  // Both under the mutex.
  void Leave(Connection& connection);
  void Shut(Connection& connection);

  const Times times_;
  const size_t most_;
  mutable std::mutex mutex_;  // guards what follows
  absl::flat_hash_map<Connection*, std::unique_ptr<Connection>> open_;
  std::list<Connection*> idle_;  // the longest idle first
  Monitor monitor_;              // guards what follows; a lock of its own, which no call wakes
  bool any_ = false;             // there may be connections
  bool stopping_ = false;
  std::thread watch_;
};

}  // namespace vivier::web
