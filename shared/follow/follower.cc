#include "shared/follow/follower.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/storage/log/erasure.h"
#include "shared/storage/log/events.h"

namespace vivier::follow {
namespace {

// Long enough not to hammer a service that restarts, short enough that nobody notices.
constexpr absl::Duration kPause = absl::Milliseconds(50);

constexpr char kFollowPath[] = "/vivier.log.v1.LogService/FollowEvents";

bool IsPassing(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsAborted(error) || absl::IsResourceExhausted(error) ||
         absl::IsDeadlineExceeded(error);
}

absl::Time TimeOf(const log::v1::LoggedEvent& event) {
  return absl::FromUnixSeconds(event.create_time().seconds()) +
         absl::Nanoseconds(event.create_time().nanos());
}

}  // namespace

Follower::Follower(Options options) : options_(std::move(options)), thread_([this] { Loop(); }) {}

Follower::~Follower() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  thread_.join();
}

bool Follower::stopping() {
  Monitor::Lock lock(monitor_);
  return stopping_;
}

void Follower::Pause() {
  Monitor::Lock lock(monitor_);
  lock.AwaitFor(kPause, [this] { return stopping_; });
}

void Follower::Loop() {
  while (!stopping()) {
    const absl::Status ended = FollowOnce();
    if (ReasonOf(ended) == "LOG_FORKED") {
      Log(LogLevel::kError,
          "the log that this service follows was restored to the past; following stops",
          {{"producer", options_.producer},
           {"school", options_.school},
           {"error", ended.message()}});
      options_.progress->Fork();
      return;
    }
    Pause();
  }
}

absl::Status Follower::FollowOnce() {
  Position position;
  RETURN_IF_ERROR(options_.readers->Read(
      options_.school, [&](storage::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(position, ReadPosition(transaction, options_.producer));
        return absl::OkStatus();
      }));
  options_.progress->Begin(position.number);
  log::v1::FollowEventsRequest request;
  request.set_parent(absl::StrCat("schools/", options_.school));
  request.set_service(options_.producer);
  request.set_after_number(position.number);
  request.set_after_hash(position.hash);
  rpc::CallOptions call{absl::InfiniteDuration(), options_.authorization(), ""};
  std::unique_ptr<rpc::ClientStream> stream =
      options_.channel->Stream(kFollowPath, request.SerializeAsString(), call);
  {
    Monitor::Lock lock(monitor_);
    if (stopping_) return absl::OkStatus();
    stream_ = stream.get();
  }
  const absl::Status ended = [&]() -> absl::Status {
    while (true) {
      ASSIGN_OR_RETURN(std::optional<std::string> bytes, stream->Read());
      log::v1::FollowEventsResponse page;
      if (!bytes.has_value() || !page.ParseFromString(*bytes))
        return Unavailable("the stream ended");
      options_.progress->Hear(page.last_number(), options_.now());
      if (!Apply({page.events().begin(), page.events().end()})) return absl::OkStatus();
    }
  }();
  Monitor::Lock lock(monitor_);
  stream_ = nullptr;
  return ended;
}

bool Follower::Apply(const Events& events) {
  bool erased = false;
  size_t next = 0;
  while (next < events.size()) {
    options_.progress->Wait(TimeOf(events[next]));
    const std::vector<EventWork::Outcome> outcomes = Submit(events, next);
    for (const EventWork::Outcome& outcome : outcomes) {
      if (outcome.verdict == Verdict::kGap) return false;
      if (outcome.verdict == Verdict::kRefused) {
        Failed(events[next], outcome.error);
        Pause();
        break;
      }
      options_.progress->Apply(events[next].number());
      erased = erased || storage::Erases(storage::TypeOf(events[next]));
      ++next;
    }
    if (stopping()) return false;
  }
  return !erased;  // to begin anew behind it is what tells the producer
}

// Puts the events from `first` on through the writer, in order. Once one of them is refused those
// behind it find a gap and do nothing, so the outcomes end with the first that is not applied or
// parked.
std::vector<EventWork::Outcome> Follower::Submit(const Events& events, size_t first) {
  std::vector<EventWork::Outcome> outcomes(events.size() - first);
  Countdown waiting(outcomes.size());
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const log::v1::LoggedEvent& event = events[first + i];
    auto work =
        std::make_unique<EventWork>(options_.school, options_.producer, event, ReactionTo(event),
                                    ParkReason(event), [&, i](EventWork::Outcome outcome) {
                                      outcomes[i] = std::move(outcome);
                                      waiting.CountDown();
                                    });
    const absl::Status taken = options_.writer->Submit(std::move(work));
    if (taken.ok()) continue;
    outcomes[i] = {Verdict::kRefused, taken};
    waiting.CountDown();
  }
  waiting.Wait();
  return outcomes;
}

const rpc::Service::EventReaction* Follower::ReactionTo(const log::v1::LoggedEvent& event) const {
  for (const rpc::Service::EventReaction* reaction : options_.reactions)
    if (reaction->event->full_name() == storage::TypeOf(event)) return reaction;
  return nullptr;
}

// Why the event must be set aside, or "".
std::string Follower::ParkReason(const log::v1::LoggedEvent& event) const {
  if (google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          storage::TypeOf(event)) == nullptr)
    return "this binary does not know the event's type";
  return event.number() == failing_number_ && failures_ >= kAttemptsMax ? failure_ : "";
}

void Follower::Failed(const log::v1::LoggedEvent& event, const absl::Status& error) {
  if (IsPassing(error)) return;
  if (failing_number_ != event.number()) failures_ = 0;
  failing_number_ = event.number();
  failure_ = std::string(error.message());
  ++failures_;
  Log(LogLevel::kWarning, "an event cannot be applied",
      {{"producer", options_.producer}, {"subject", event.subject()}, {"error", failure_}});
}

}  // namespace vivier::follow
