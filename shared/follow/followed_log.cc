#include "shared/follow/followed_log.h"

#include <algorithm>

#include "shared/base/error.h"
#include "shared/log/log.h"
#include "shared/storage/log/erasure.h"
#include "shared/storage/log/events.h"

namespace vivier::follow {
namespace {

// A process that does not serve the log may be replaced by one that does at any time.
constexpr absl::Duration kRefusalMin = absl::Seconds(1);
constexpr absl::Duration kRefusalMax = absl::Seconds(30);

bool IsPassing(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsAborted(error) || absl::IsResourceExhausted(error) ||
         absl::IsDeadlineExceeded(error);
}

absl::Time TimeOf(const log::v1::LoggedEvent& event) {
  return absl::FromUnixSeconds(event.create_time().seconds()) +
         absl::Nanoseconds(event.create_time().nanos());
}

}  // namespace

void FollowedLog::Begin(Position position) {
  begun_ = true;
  position_ = std::move(position);
  waiting_.clear();
  waiting_bytes_ = 0;
  progress().Begin(position_.number);
}

FollowedLog::Taken FollowedLog::Take(log::v1::FollowEventsResponse& page) {
  refusal_ = absl::ZeroDuration();
  if (page.events().empty() || lost_ || !begun_) return Taken::kAll;
  int64_t next = (waiting_.empty() ? position_.number : waiting_.back().number()) + 1;
  const bool full = !waiting_.empty() && waiting_bytes_ >= kWaitingBytesMax;
  if (full && !pauses_) return Taken::kNoRoom;
  if (full || page.events(0).number() > next) {
    lost_ = true;
    return Taken::kLost;
  }
  if (waiting_.empty()) progress().Wait(TimeOf(page.events(0)));
  for (log::v1::LoggedEvent& event : *page.mutable_events()) {
    if (event.number() != next) continue;
    waiting_bytes_ += event.ByteSizeLong();
    waiting_.push_back(std::move(event));
    ++next;
  }
  return Taken::kAll;
}

std::vector<const log::v1::LoggedEvent*> FollowedLog::Batch(size_t most) {
  std::vector<const log::v1::LoggedEvent*> batch;
  if (!begun_ || pauses_ || in_flight_ > 0 || waiting_.empty()) return batch;
  progress().Wait(TimeOf(waiting_.front()));
  in_flight_ = std::min(most, waiting_.size());
  for (size_t i = 0; i < in_flight_; ++i) batch.push_back(&waiting_[i]);
  return batch;
}

const rpc::Service::EventReaction* FollowedLog::ReactionTo(
    const log::v1::LoggedEvent& event) const {
  for (const rpc::Service::EventReaction* reaction : source_.reactions)
    if (reaction->event->full_name() == storage::TypeOf(event)) return reaction;
  return nullptr;
}

std::string FollowedLog::ParkReason(const log::v1::LoggedEvent& event) const {
  if (google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          storage::TypeOf(event)) == nullptr)
    return "this binary does not know the event's type";
  return event.number() == failing_number_ && failures_ >= kAttemptsMax ? failure_ : "";
}

// Once one event is refused those behind it find a gap and do nothing.
FollowedLog::Next FollowedLog::Conclude(const std::vector<EventWork::Outcome>& outcomes) {
  in_flight_ = 0;
  bool erased = false;
  for (const EventWork::Outcome& outcome : outcomes) {
    const log::v1::LoggedEvent& event = waiting_.front();
    if (outcome.verdict == Verdict::kGap) {
      begun_ = false;
      return {.read_cursor = true};
    }
    if (outcome.verdict == Verdict::kRefused) {
      Failed(event, outcome.error);
      pauses_ = true;
      break;
    }
    position_ = {event.number(), event.hash()};
    progress().Apply(event.number());
    erased = erased || storage::Erases(storage::TypeOf(event));
    waiting_bytes_ -= event.ByteSizeLong();
    waiting_.pop_front();
  }
  // To begin anew behind an erasure is what tells the producer of it.
  return {.pause = pauses_, .ask_again = erased || (lost_ && waiting_.empty())};
}

void FollowedLog::Failed(const log::v1::LoggedEvent& event, const absl::Status& error) {
  if (IsPassing(error)) return;
  if (failing_number_ != event.number()) failures_ = 0;
  failing_number_ = event.number();
  failure_ = std::string(error.message());
  ++failures_;
  Log(LogLevel::kWarning, "an event cannot be applied",
      {{"producer", source_.producer},
       {"school", source_.school},
       {"subject", event.subject()},
       {"error", failure_}});
}

absl::Duration FollowedLog::Refuse(const absl::Status& why) {
  refused_ = true;
  if (ReasonOf(why) == "LOG_FORKED") {
    Log(LogLevel::kError,
        "LOG_FORKED: the log that this service follows was restored to the past; following stops",
        {{"producer", source_.producer}, {"school", source_.school}, {"error", why.message()}});
    forked_ = true;
    progress().Fork();
    return absl::InfiniteDuration();
  }
  refusal_ = std::clamp(2 * refusal_, kRefusalMin, kRefusalMax);
  Log(LogLevel::kWarning, "a log is refused to this service; it is asked for again",
      {{"producer", source_.producer},
       {"school", source_.school},
       {"after", absl::FormatDuration(refusal_)},
       {"error", why.message()}});
  return refusal_;
}

}  // namespace vivier::follow
