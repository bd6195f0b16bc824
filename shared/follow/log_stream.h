// One stream of events to one follower, with all the logs that it wants of this process. What it
// sends is read on rpc::Workers, one page at a time and only once the wire has taken the one
// before; the logs that have something to send take turns, so that none waits for how much another
// one has.
//
//   Begin ─▶ each log has a turn ─▶ checked, follower noted ─▶ page ─▶ page … ─▶ rests at its end
//                                        └─▶ refused                              ▲  │ Wake
//                                                                                 └──┘
//
// Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/storage/log/writer.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::follow {

class LogStream : public std::enable_shared_from_this<LogStream> {
 public:
  // A stream that takes nothing for so long has a follower that is gone or stuck; it will ask
  // again.
  static constexpr absl::Duration kWriteTimeout = absl::Seconds(30);
  // Without events a word goes out so often all the same (log.proto).
  static constexpr absl::Duration kBeatInterval = absl::Seconds(2);

  // One log of the stream, as its follower asked for it.
  struct Wanted {
    log::v1::LogPosition position;
    absl::Status refused;  // why it may not be followed; without it, by what it is:
    rpc::Readers* readers = nullptr;
    storage::Writer* writer = nullptr;
  };

  // Who reads. `follower` is the service that applies the events; "" for a person, who applies
  // nothing. `share` is whose turn the reading takes on the workers.
  struct Reader {
    std::string follower, share;
  };

  LogStream(rpc::Workers& workers, std::shared_ptr<rpc::ServerStream> wire, Reader reader,
            std::vector<Wanted> wanted);

  void Begin();
  // The log of `service` at `school` ends with event `last`.
  void Wake(const std::string& service, const std::string& school, int64_t last);
  // The logs of `service` cannot be read: ends the stream if it carries one.
  void Fail(const std::string& service, const absl::Status& why);
  // Tells that the stream is alive where that is due, and ends it where it is not. Comes at least
  // each second.
  void Beat(absl::Time now);
  // Ends the stream; what runs on a worker goes on.
  void Close(const absl::Status& status);
  // Waits until nothing runs any more.
  void Await();

  bool Follows(const std::string& service) const;

 private:
  struct Log {
    const Wanted* wanted;
    std::string school;
    int64_t sent;        // of the running turn
    bool open = false;   // of the running turn
    int64_t last = 0;    // where it ends, as far as is known
    bool waits = false;  // for its turn
    bool told = false;   // the follower knows where it ends
    bool refused = false;
  };
  using Page = log::v1::FollowEventsResponse;

  // Gives the next log its turn, if there is one and the wire is free.
  void Next();
  void Turn();
  void Open(Log& log);
  void Opened(Log& log, int64_t last);
  void Send(Log& log);
  // The end of a turn: with a message for the wire, without one, or with the log's refusal.
  void Write(const Log& log, Page page);
  void Rest();
  void Refuse(Log& log, const absl::Status& refused);
  void Drained();
  // Under the monitor:
  void Want(Log& log);
  void Told(Log& log);
  void SendBeat();
  void End(const absl::Status& status);

  rpc::Workers& workers_;
  const std::shared_ptr<rpc::ServerStream> wire_;
  const Reader reader_;
  const std::vector<Wanted> wanted_;
  Monitor monitor_;  // guards what follows
  std::vector<Log> logs_;
  absl::flat_hash_map<std::pair<std::string, std::string>, size_t> by_name_;  // service, school
  std::deque<Log*> turns_;
  size_t untold_, left_;   // logs of which nothing was told yet, and those that were not refused
  bool running_ = false;   // a turn
  bool draining_ = false;  // a message is on its way to the wire
  bool ended_ = false;
  bool beat_due_ = true;
  absl::Time wrote_, beat_ = absl::InfinitePast();
};

}  // namespace vivier::follow
