#include "shared/follow/event_work.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/storage/log/erasure.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/house_tables.h"

namespace vivier::follow {
namespace {

using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Value;
namespace house = storage::house;

constexpr char kBehindParked[] = "an earlier event of its subject is parked";

}  // namespace

absl::StatusOr<Position> ReadPosition(storage::Transaction& transaction,
                                      const std::string& producer) {
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::Cursors().Select(transaction, "producer = $2", {Value(producer)}));
  if (found.empty()) return Position{};
  return Position{std::get<int64_t>(found[0][2]), std::get<Bytes>(found[0][3]).data};
}

EventWork::EventWork(std::string school, std::string producer, const log::v1::LoggedEvent& event,
                     const rpc::Service::EventReaction* reaction, std::string park,
                     std::function<void(Outcome)> done)
    : school_(std::move(school)),
      producer_(std::move(producer)),
      event_(event),
      reaction_(reaction),
      park_(std::move(park)),
      done_(std::move(done)),
      trace_(Traceparent::Parse(event_.traceparent()).value_or(Traceparent::New())) {}

std::unique_ptr<EventWork> EventWork::Retry(std::string school, std::string producer,
                                            const log::v1::LoggedEvent& event,
                                            const rpc::Service::EventReaction* reaction,
                                            std::function<void(Outcome)> done) {
  auto work = std::make_unique<EventWork>(std::move(school), std::move(producer), event, reaction,
                                          "", std::move(done));
  work->is_parked_ = true;
  return work;
}

// The rows of a reaction follow from its event's content, which only the reaction knows.
void EventWork::Want(storage::Transaction::Wanted&) const {}

void EventWork::Run(storage::Transaction& transaction, absl::Time now) {
  const TraceScope scope(trace_);
  reacted_ = false;
  absl::StatusOr<Verdict> verdict =
      is_parked_ ? Unpark(transaction, now) : Decide(transaction, now);
  outcome_ = verdict.ok() ? Outcome{*verdict, absl::OkStatus()}
                          : Outcome{Verdict::kRefused, verdict.status()};
}

absl::StatusOr<Verdict> EventWork::Decide(storage::Transaction& transaction, absl::Time now) {
  ASSIGN_OR_RETURN(Position position, ReadPosition(transaction, producer_));
  if (position.number >= event_.number()) return Verdict::kApplied;  // by another replica
  if (position.number != event_.number() - 1) return Verdict::kGap;
  ASSIGN_OR_RETURN(bool behind, IsBehindParked(transaction));
  if (behind || !park_.empty()) {
    RETURN_IF_ERROR(Park(transaction, behind ? kBehindParked : park_, now));
    RETURN_IF_ERROR(MoveCursor(transaction));
    return Verdict::kParked;
  }
  RETURN_IF_ERROR(Take(transaction, now));
  RETURN_IF_ERROR(MoveCursor(transaction));
  return Verdict::kApplied;
}

// Of two that retry at once the second finds its row gone.
absl::StatusOr<Verdict> EventWork::Unpark(storage::Transaction& transaction, absl::Time now) {
  ASSIGN_OR_RETURN(
      const std::vector<Row> found,
      house::ParkedEvents().Select(
          transaction, "producer = $2 AND subject = $3 AND number <= $4 ORDER BY number",
          {Value(producer_), Value(event_.subject()), Value(event_.number())}));
  if (found.empty() || std::get<int64_t>(found.back()[2]) != event_.number())
    return Verdict::kApplied;
  if (found.size() > 1) return Verdict::kGap;
  if (std::get<Bytes>(found[0][3]).data != event_.hash())
    return Refused(log::v1::LOG_FORKED, "the log does not hold the event that was parked");
  RETURN_IF_ERROR(Take(transaction, now));
  RETURN_IF_ERROR(house::ParkedEvents()
                      .Delete(transaction, "producer = $2 AND number = $3",
                              {Value(producer_), Value(event_.number())})
                      .status());
  return Verdict::kApplied;
}

// An event whose person was erased has nothing left to react to.
absl::Status EventWork::Take(storage::Transaction& transaction, absl::Time now) {
  if (event_.payload().value().empty()) return absl::OkStatus();
  if (reaction_ != nullptr) RETURN_IF_ERROR(ReactUnlessErased(transaction, now));
  reacted_ = reaction_ != nullptr;
  return Erase(transaction, now);
}

absl::StatusOr<bool> EventWork::IsBehindParked(storage::Transaction& transaction) const {
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(
                       "SELECT COUNT(*) FROM parked_events WHERE school = $1 AND producer = $2 "
                       "AND subject = $3",
                       {Value(school_), Value(producer_), Value(event_.subject())}));
  return std::get<int64_t>(found.rows[0][0]) > 0;
}

// The event may have left its producer before it heard that the person is erased.
absl::Status EventWork::ReactUnlessErased(storage::Transaction& transaction, absl::Time now) const {
  const absl::Status reacted = React(transaction, now);
  return ReasonOf(reacted) == "PERSON_ERASED" ? absl::OkStatus() : reacted;
}

absl::Status EventWork::Erase(storage::Transaction& transaction, absl::Time now) const {
  if (!storage::Erases(storage::TypeOf(event_))) return absl::OkStatus();
  const std::unique_ptr<google::protobuf::Message> event =
      NewMessage(google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          storage::TypeOf(event_)));
  if (!event->ParseFromString(event_.payload().value()))
    return Internal("the payload is no message of its type");
  return storage::ErasePersons(transaction, *event, 0, now);
}

absl::Status EventWork::React(storage::Transaction& transaction, absl::Time now) const {
  std::unique_ptr<google::protobuf::Message> event = NewMessage(reaction_->event);
  if (!event->ParseFromString(event_.payload().value()))
    return Internal("the payload is no message of its type");
  const security::Caller caller{absl::StrCat("service/", producer_),
                                security::Caller::Kind::kService,
                                {"service"},
                                {school_},
                                ""};
  const rpc::Fetched none;
  storage::Unit unit(transaction);
  rpc::Call call(caller, absl::FromUnixMicros(absl::ToUnixMicros(now)), unit, none);
  RETURN_IF_ERROR(reaction_->reaction(call, *event));
  return unit.Apply(
      {caller.subject, reaction_->event->full_name(), event_.subject(),
       absl::StrCat(producer_, "/", event_.number()), event_.hash(), trace_.ToString()},
      now);
}

absl::Status EventWork::Park(storage::Transaction& transaction, const std::string& reason,
                             absl::Time now) const {
  return house::ParkedEvents().Insert(
      transaction, {school_, producer_, event_.number(), Bytes{event_.hash()},
                    storage::TypeOf(event_), event_.subject(), reason, absl::ToUnixMicros(now)});
}

absl::Status EventWork::MoveCursor(storage::Transaction& transaction) const {
  return house::Cursors().Put(transaction,
                              {school_, producer_, event_.number(), Bytes{event_.hash()}});
}

void EventWork::Done(const absl::Status& committed) {
  if (!committed.ok()) outcome_ = {Verdict::kRefused, committed};
  if (reacted_ || !outcome_.error.ok())
    LogOutcome(trace_, storage::TypeOf(event_), event_.subject(), outcome_.error);
  done_(std::move(outcome_));
}

}  // namespace vivier::follow
