// Serves this process's logs to their followers: vivier.log.v1.LogService for every service it
// runs. A commit wakes the streams that carry its log; what they send is read on rpc::Workers.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/follow/log_stream.h"
#include "shared/follow/loop.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/entry.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/storage/log/writer.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::follow {

class LogService {
 public:
  // A commit of another process (a replica on PostgreSQL) wakes nobody here: one query for all
  // schools of a service looks for them, as long as somebody follows it. So often while they come;
  // each look that finds nothing is a tenth later than the one before, and after some five seconds
  // of silence it is the other. (NOTIFY would need a connection of its own for each service, and
  // PostgreSQL takes one lock over all commits that notify.)
  static constexpr absl::Duration kLookAgain = absl::Milliseconds(50);
  static constexpr absl::Duration kLookAgainMax = absl::Milliseconds(500);

  // Who commits to a service's database.
  enum class Committers { kThisProcess, kReplicas };

  LogService(Loop& loop, rpc::Workers& workers) : loop_(loop), workers_(workers) {}
  ~LogService() { Stop(); }

  // One service's log, read through `readers`. Access is decided by `entry`; `writer` keeps who
  // follows and where they began. All outlive the LogService.
  void Add(const std::string& service, rpc::Readers& readers, const rpc::Entry& entry,
           storage::Writer& writer, Committers committers);

  std::vector<rpc::Endpoint> Endpoints();

  // The log of `service` at `school` ends with event `last`, perhaps since now.
  void Wake(const std::string& service, const std::string& school, int64_t last);

  // Ends every stream, and waits until nothing of them runs.
  void Stop();

 private:
  struct Log {
    rpc::Readers* readers;
    const rpc::Entry* entry;
    storage::Writer* writer;
    Committers committers;
    // What follows is guarded by monitor_.
    bool looking = false;
    absl::Duration look_again = kLookAgain;
    std::map<std::string, int64_t> last = {};  // where each school's log ended at the last look
  };
  using Token = rpc::Entry::Token;
  using Streams = std::set<std::shared_ptr<LogStream>>;

  // Authenticates, and runs `then` on a worker.
  void Take(const rpc::Peer& peer, std::function<void(Token)> then,
            std::function<void(const absl::Status&)> refuse);
  absl::StatusOr<log::v1::LoggedEvent> Get(const Token& token, const std::string& bytes);
  void Open(const Token& token, const std::string& bytes,
            const std::shared_ptr<rpc::ServerStream>& wire);
  LogStream::Wanted Want(const Token& token, const log::v1::LogPosition& position);
  // The log that the request asks for, if the caller may; fills `request`.
  template <class Request>
  absl::StatusOr<Log*> Receive(const Token& token, absl::string_view bytes, Request& request);
  void Begin(const std::shared_ptr<LogStream>& stream, rpc::ServerStream& wire);
  Streams streams();
  void Beat();
  void Look(const std::string& service, Log& log);
  void Found(const std::string& service, Log& log,
             const absl::StatusOr<std::map<std::string, int64_t>>& last);
  // Counts what runs on a worker, for Stop; false when that has begun.
  bool Enter();
  void Leave();

  Loop& loop_;
  rpc::Workers& workers_;
  std::map<std::string, Log> logs_;
  Monitor monitor_;  // guards what follows
  Streams streams_;
  bool beating_ = false;
  bool stopping_ = false;
  int entered_ = 0;
};

}  // namespace vivier::follow
