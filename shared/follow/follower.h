// Follows the logs of other services that one process runs, at all schools, over one stream: puts
// each event through this service's writer. Transient errors are met by trying again without limit;
// an event that fails FollowedLog::kAttemptsMax times for another reason is parked, later ones of
// its subject behind it, and all others go on. When a log no longer holds what was applied
// (LOG_FORKED) that log is followed no further, which says so. A log that fails, is refused or
// lags holds back no other.
//
//   cursors read ─▶ stream open ─▶ page ─▶ its log ─▶ batch ─▶ writer ─▶ concluded ─▶ next page
//        ▲               └── ended, or a log must be asked for again: opened anew, all logs
//        └── a cursor is elsewhere
//
// It has no thread: what it does is done on the loop, what waits for the database on the workers.
// Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/follow/followed_log.h"
#include "shared/follow/loop.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/service/channel.h"
#include "shared/storage/log/writer.h"

namespace vivier::follow {

class Follower {
 public:
  struct Options {
    std::string service;                         // who follows
    std::vector<FollowedLog::Source> logs;       // whom, each once; all of one process
    rpc::Channel* channel;                       // to it
    std::function<std::string()> authorization;  // a token of this service
    storage::Writer* writer;
    rpc::Readers* readers;
    rpc::Workers* workers;
    Loop* loop;
    std::function<absl::Time()> now = absl::Now;  // of the lag alone
  };

  explicit Follower(Options options);
  // Ends the stream and waits for what the writer has.
  ~Follower();

 private:
  using Page = log::v1::FollowEventsResponse;
  using Cursor = std::pair<FollowedLog*, Position>;
  struct Flight;

  // All of it on the loop.
  void ReadCursors();
  void HaveCursors(const std::vector<Cursor>& cursors, const absl::Status& read);
  void AskAgain();
  void Open();
  void Ended(const absl::Status& status);
  void Hear(const std::string& message);
  void Place();
  bool Place(FollowedLog& log, Page& page);
  void Beat();
  void Refuse(FollowedLog& log, const absl::Status& why);
  void Ready(FollowedLog& log);
  void Advance();
  void Submit(FollowedLog& log, const std::vector<const log::v1::LoggedEvent*>& batch);
  void Conclude(FollowedLog& log, const Flight& flight);
  void RestIfStopping();

  const Options options_;
  std::map<std::pair<std::string, std::string>, FollowedLog> logs_;  // by producer and school
  std::deque<FollowedLog*> ready_;  // in the order of turns; may name a log that has nothing to do
  size_t in_flight_ = 0;            // events that the writer has
  bool reading_ = false;            // cursors
  bool stopping_ = false;
  std::shared_ptr<rpc::ClientStream> stream_;
  std::vector<FollowedLog*> carried_;  // by the stream, as it was asked for
  std::optional<Page> held_;           // has come and has no room yet
  bool ask_again_ = false;             // all logs, when the stream has ended
  bool asking_ = false;                // something on the loop will open the stream
  absl::Time opened_ = absl::InfinitePast();
  absl::Duration pause_;  // before a stream that has ended is opened again
  Monitor monitor_;       // guards what follows
  bool rests_ = false;
};

}  // namespace vivier::follow
