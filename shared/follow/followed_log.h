// One log as the one who follows it sees it: where they stand, what has come and is not applied
// yet, and what keeps them from going on. Each log has its own, so that one which fails holds back
// no other. Not thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "shared/follow/event_work.h"
#include "shared/follow/progress.h"
#include "shared/service/service.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::follow {

class FollowedLog {
 public:
  static constexpr int kAttemptsMax = 5;
  // What may wait here before more must wait on the stream: a page, however big, and this.
  static constexpr size_t kWaitingBytesMax = 256 << 10;

  struct Source {
    std::string producer;
    std::string school;
    std::vector<const rpc::Service::EventReaction*> reactions;  // those to the producer's events
    std::shared_ptr<Progress> progress;
  };

  explicit FollowedLog(Source source) : source_(std::move(source)) {}

  const Source& source() const { return source_; }
  Progress& progress() const { return *source_.progress; }
  std::pair<std::string, std::string> name() const { return {source_.producer, source_.school}; }

  // Where the cursor stands; until then the log is not known.
  void Begin(Position position);
  bool begun() const { return begun_; }
  const Position& position() const { return position_; }

  enum class Taken {
    kAll,
    kNoRoom,  // nothing: let the stream wait until there is room
    kLost,    // nothing: the log has to be asked for again once its events are applied
  };
  // Takes what came. Events that it has already are left out.
  Taken Take(log::v1::FollowEventsResponse& page);

  // What is to be applied next; none while some are being applied, or while it pauses or rests.
  std::vector<const log::v1::LoggedEvent*> Batch(size_t most);
  const rpc::Service::EventReaction* ReactionTo(const log::v1::LoggedEvent& event) const;
  // Why the event must be set aside, or "".
  std::string ParkReason(const log::v1::LoggedEvent& event) const;

  struct Next {
    bool pause = false;        // before Resume
    bool read_cursor = false;  // it is elsewhere: Begin again
    bool ask_again = false;    // for the log, from where it stands
  };
  // What became of the batch: those events, in order, up to the first that is not applied or
  // parked.
  Next Conclude(const std::vector<EventWork::Outcome>& outcomes);
  void Resume() { pauses_ = false; }

  // Whether a stream should carry the log now: a failing log that cannot keep what comes waits
  // until it goes on.
  bool IsWanted() const { return begun_ && !forked_ && !refused_ && !(pauses_ && lost_); }
  // A stream carries the log from its position on.
  void Opened() { lost_ = false; }
  // The producer refuses the log: for how long to leave it alone, longer each time; for ever once
  // it is forked.
  absl::Duration Refuse(const absl::Status& why);
  void EndRefusal() { refused_ = false; }

 private:
  void Failed(const log::v1::LoggedEvent& event, const absl::Status& error);

  const Source source_;
  bool begun_ = false;
  Position position_;
  std::deque<log::v1::LoggedEvent> waiting_;
  size_t waiting_bytes_ = 0;
  size_t in_flight_ = 0;  // of them, at the front
  bool pauses_ = false;
  bool lost_ = false;  // some that came were not kept
  bool refused_ = false;
  bool forked_ = false;
  absl::Duration refusal_;      // how long the last one was
  int64_t failing_number_ = 0;  // the event that fails at the moment, how often, and why
  int failures_ = 0;
  std::string failure_;
};

}  // namespace vivier::follow
