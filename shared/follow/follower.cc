#include "shared/follow/follower.h"

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/rpc_status.h"
#include "shared/base/status.h"
#include "shared/log/log.h"

namespace vivier::follow {
namespace {

// Long enough not to hammer a service that restarts, short enough that nobody notices.
constexpr absl::Duration kPause = absl::Milliseconds(50);
constexpr absl::Duration kPauseMax = absl::Seconds(1);

// A stream is not opened more often for one log's sake: that costs the producer a look at each.
constexpr absl::Duration kOpenInterval = absl::Milliseconds(50);
constexpr absl::Duration kOpenIntervalPerLog = absl::Milliseconds(1);

// Events that one log has with the writer at once, and all: the writer's queue takes 8,192.
constexpr size_t kBatchMax = 500;
constexpr size_t kInFlightMax = 1000;

constexpr char kFollowPath[] = "/vivier.log.v1.LogService/FollowEvents";

}  // namespace

// Events on their way through the writer, which tells of each.
struct Follower::Flight {
  explicit Flight(size_t events) : outcomes(events), left(events) {}
  std::vector<EventWork::Outcome> outcomes;
  std::atomic<size_t> left;
};

Follower::Follower(Options options) : options_(std::move(options)) {
  for (const FollowedLog::Source& source : options_.logs) {
    FollowedLog log(source);
    logs_.emplace(log.name(), std::move(log));
  }
  options_.loop->Post(this, [this] { ReadCursors(); });
}

Follower::~Follower() {
  options_.loop->Post(this, [this] {
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    RestIfStopping();
  });
  {
    Monitor::Lock lock(monitor_);
    lock.Await([this] { return rests_; });
  }
  options_.loop->Forget(this);
}

void Follower::RestIfStopping() {
  if (!stopping_ || stream_ != nullptr || in_flight_ > 0 || reading_) return;
  Monitor::Lock lock(monitor_);
  rests_ = true;
}

void Follower::ReadCursors() {
  if (stopping_ || reading_) return;
  std::vector<Cursor> cursors;
  for (auto& [name, log] : logs_)
    if (!log.begun()) cursors.push_back({&log, {}});
  reading_ = true;
  const absl::Status taken = options_.workers->Submit([this, cursors]() mutable {
    absl::Status read;
    for (auto& [log, position] : cursors) {
      const FollowedLog::Source& source = log->source();
      read = options_.readers->Read(
          source.school, [&, &position = position](storage::Transaction& snapshot) -> absl::Status {
            ASSIGN_OR_RETURN(position, ReadPosition(snapshot, source.producer));
            return absl::OkStatus();
          });
      if (!read.ok()) break;
    }
    options_.loop->Post(this, [this, cursors, read] { HaveCursors(cursors, read); });
  });
  if (!taken.ok()) HaveCursors({}, taken);
}

void Follower::HaveCursors(const std::vector<Cursor>& cursors, const absl::Status& read) {
  reading_ = false;
  if (stopping_) return RestIfStopping();
  if (!read.ok()) return options_.loop->After(this, kPause, [this] { ReadCursors(); });
  for (const auto& [log, position] : cursors) log->Begin(position);
  AskAgain();
}

// Soon: what else has to be asked for by then is asked for as well.
void Follower::AskAgain() {
  ask_again_ = true;
  if (std::exchange(asking_, true)) return;
  const absl::Duration interval =
      kOpenInterval + kOpenIntervalPerLog * static_cast<int64_t>(logs_.size());
  options_.loop->After(this, std::max(absl::ZeroDuration(), opened_ + interval - absl::Now()),
                       [this] {
                         asking_ = false;
                         if (stopping_) return;
                         if (stream_ == nullptr) return Open();
                         stream_->Cancel();
                       });
}

void Follower::Open() {
  ask_again_ = false;
  carried_.clear();
  log::v1::FollowEventsRequest request;
  for (auto& [name, log] : logs_) {
    if (!log.IsWanted()) continue;
    log::v1::LogPosition wanted;
    wanted.set_parent(absl::StrCat("schools/", log.source().school));
    wanted.set_service(log.source().producer);
    wanted.set_after_number(log.position().number);
    wanted.set_after_hash(log.position().hash);
    if (carried_.empty())
      request.ParseFromString(wanted.SerializeAsString());  // the same four fields
    else
      *request.add_others() = std::move(wanted);
    log.Opened();
    carried_.push_back(&log);
  }
  if (carried_.empty()) return;
  opened_ = absl::Now();
  stream_ = options_.channel->Stream(
      kFollowPath, request.SerializeAsString(),
      {absl::InfiniteDuration(), options_.authorization(), ""},
      {[this](std::string message) {
         options_.loop->Post(this, [this, message = std::move(message)] { Hear(message); });
       },
       [this](absl::Status status) {
         options_.loop->Post(this, [this, status = std::move(status)] { Ended(status); });
       }});
}

void Follower::Ended(const absl::Status& status) {
  stream_ = nullptr;
  held_.reset();
  if (stopping_) return RestIfStopping();
  // The only log of a stream is refused by the end of it.
  if (carried_.size() == 1 && ReasonOf(status) == "LOG_FORKED") Refuse(*carried_[0], status);
  if (ask_again_ && !asking_) return Open();
  if (std::exchange(asking_, true)) return;
  pause_ = std::clamp(2 * pause_, kPause, kPauseMax);
  options_.loop->After(this, pause_, [this] {
    asking_ = false;
    if (!stopping_ && stream_ == nullptr) Open();
  });
}

void Follower::Hear(const std::string& message) {
  if (stream_ == nullptr || stopping_) return;
  held_.emplace();
  if (!held_->ParseFromString(message)) return stream_->Cancel();
  Place();
  Advance();
}

// Gives the page to its log and asks for another one, unless it has no room.
void Follower::Place() {
  if (!held_.has_value() || stream_ == nullptr) return;
  pause_ = absl::ZeroDuration();
  Page& page = *held_;
  const auto log = logs_.find({page.service(), std::string(SchoolOf(page.parent()))});
  if (log != logs_.end()) {
    if (!Place(log->second, page)) return;
  } else if (!page.parent().empty()) {
    Beat();
  } else if (!Place(*carried_.front(), page)) {  // an earlier version has one log a stream
    return;
  }
  held_.reset();
  stream_->Next();
}

bool Follower::Place(FollowedLog& log, Page& page) {
  if (page.has_error()) {
    Refuse(log, FromMessage(page.error()));
    return true;
  }
  log.progress().Hear(page.last_number(), options_.now());
  const FollowedLog::Taken taken = log.Take(page);
  if (taken == FollowedLog::Taken::kNoRoom) return false;
  if (taken == FollowedLog::Taken::kLost) AskAgain();
  Ready(log);
  return true;
}

void Follower::Beat() {
  const absl::Time now = options_.now();
  for (const FollowedLog* log : carried_)
    if (log->IsWanted()) log->progress().Hear(now);
}

void Follower::Refuse(FollowedLog& log, const absl::Status& why) {
  const absl::Duration pause = log.Refuse(why);
  if (pause == absl::InfiniteDuration()) return;
  options_.loop->After(this, pause, [this, &log] {
    log.EndRefusal();
    AskAgain();
  });
}

void Follower::Ready(FollowedLog& log) { ready_.push_back(&log); }

void Follower::Advance() {
  while (!ready_.empty() && in_flight_ < kInFlightMax && !stopping_) {
    FollowedLog& log = *ready_.front();
    ready_.pop_front();
    if (const auto batch = log.Batch(kBatchMax); !batch.empty()) Submit(log, batch);
  }
}

void Follower::Submit(FollowedLog& log, const std::vector<const log::v1::LoggedEvent*>& batch) {
  in_flight_ += batch.size();
  const auto flight = std::make_shared<Flight>(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto done = [this, &log, flight, i](EventWork::Outcome outcome) {
      flight->outcomes[i] = std::move(outcome);
      if (--flight->left == 0)
        options_.loop->Post(this, [this, &log, flight] { Conclude(log, *flight); });
    };
    const absl::Status taken = options_.writer->Submit(
        std::make_unique<EventWork>(log.source().school, log.source().producer, *batch[i],
                                    log.ReactionTo(*batch[i]), log.ParkReason(*batch[i]), done));
    if (!taken.ok()) done({Verdict::kRefused, taken});
  }
}

void Follower::Conclude(FollowedLog& log, const Flight& flight) {
  in_flight_ -= flight.outcomes.size();
  const FollowedLog::Next next = log.Conclude(flight.outcomes);
  if (stopping_) return RestIfStopping();
  if (next.read_cursor) ReadCursors();
  if (next.ask_again) AskAgain();
  if (next.pause)
    options_.loop->After(this, kPause, [this, &log] {
      log.Resume();
      Ready(log);
      Advance();
    });
  Ready(log);
  Place();
  Advance();
}

}  // namespace vivier::follow
