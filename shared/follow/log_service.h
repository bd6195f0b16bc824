// Serves this process's logs to their followers: vivier.log.v1.LogService for every service it
// runs. Each stream has a thread of its own that reads pages and sleeps until a commit wakes it.
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/rpc/adapter.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/readers.h"
#include "shared/storage/log/writer.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::follow {

class LogService {
 public:
  // Five followers for each of six services, twice over for replicas: 60, and little room.
  static constexpr int kStreamsMax = 64;
  // A commit of another process (a replica on PostgreSQL) does not wake this one: look again after
  // this time.
  static constexpr absl::Duration kLookAgain = absl::Milliseconds(50);

  // One service's log, read through `readers`. Access is decided by `adapter`; `writer` keeps who
  // follows and where he began. All outlive the LogService.
  void Add(const std::string& service, rpc::Readers& readers, const rpc::Adapter& adapter,
           storage::Writer& writer);

  std::vector<rpc::Endpoint> Endpoints();

  // A commit of `service` may have added events.
  void Wake(const std::string& service);

  // Ends every stream and waits for their threads.
  void Stop();
  ~LogService() { Stop(); }

 private:
  struct Log {
    rpc::Readers* readers;
    const rpc::Adapter* adapter;
    storage::Writer* writer;
    int64_t commits = 0;  // guarded by monitor_
  };

  // RESOURCE_EXHAUSTED when kStreamsMax run, or the service is stopping.
  absl::Status InThread(std::function<void()> work);
  void Open(absl::string_view bytes, const rpc::Peer& peer,
            std::shared_ptr<rpc::ServerStream> stream);
  absl::StatusOr<log::v1::LoggedEvent> Get(absl::string_view bytes, const rpc::Peer& peer);
  // The log and which service asks for it; "" for a person, who reads and applies nothing.
  struct Received {
    Log* log;
    std::string follower;
  };
  template <class Request>
  absl::StatusOr<Received> Receive(absl::string_view bytes, const rpc::Peer& peer,
                                   Request& request);
  absl::Status Follow(const Received& received, const log::v1::FollowEventsRequest& request,
                      rpc::ServerStream& stream);
  void WaitForCommit(const Log& log, int64_t seen, const rpc::ServerStream& stream);

  std::map<std::string, Log> logs_;
  Monitor monitor_;  // guards what follows
  bool stopping_ = false;
  int streams_ = 0;
};

}  // namespace vivier::follow
