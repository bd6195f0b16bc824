#include "shared/follow/parked.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/monitor.h"
#include "shared/base/status.h"
#include "shared/follow/event_work.h"
#include "shared/security/caller.h"
#include "shared/storage/log/events.h"

namespace vivier::follow {
namespace {

using site::v1::ParkedEvent;
using storage::Value;

constexpr absl::Duration kFetchTimeout = absl::Seconds(5);

absl::StatusOr<log::v1::LoggedEvent> Fetch(const ParkedAt& at, const std::string& school,
                                           const ParkedEvent& parked) {
  rpc::Channel* channel = at.channel(parked.producer());
  if (channel == nullptr)
    return Unavailable(absl::StrCat("no ", parked.producer(), " is configured"));
  log::v1::GetLoggedEventRequest request;
  request.set_parent("schools/" + school);
  request.set_service(parked.producer());
  request.set_number(parked.number());
  return rpc::Invoke<log::v1::LoggedEvent>(
      *channel, *rpc::MethodTaking(*request.GetDescriptor()), request,
      {kFetchTimeout, at.authorization(parked.producer()), ""});
}

const rpc::Service::EventReaction* ReactionTo(const ParkedAt& at, const ParkedEvent& parked) {
  for (const rpc::Service::EventReaction* reaction : at.reactions)
    if (reaction->producer == parked.producer() && reaction->event->full_name() == parked.type())
      return reaction;
  return nullptr;
}

absl::Status Apply(const ParkedAt& at, const std::string& school, const ParkedEvent& parked) {
  if (google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(parked.type()) ==
      nullptr)
    return Unavailable("this binary does not know the event's type");
  ASSIGN_OR_RETURN(const log::v1::LoggedEvent event, Fetch(at, school, parked));
  Countdown waiting(1);
  EventWork::Outcome outcome;
  RETURN_IF_ERROR(at.writer->Submit(EventWork::Retry(
      school, parked.producer(), event, ReactionTo(at, parked), [&](EventWork::Outcome of_work) {
        outcome = std::move(of_work);
        waiting.CountDown();
      })));
  waiting.Wait();
  if (outcome.verdict == Verdict::kApplied) return absl::OkStatus();
  return outcome.verdict == Verdict::kGap ? Unavailable("an earlier event of its subject is parked")
                                          : outcome.error;
}

}  // namespace

absl::StatusOr<std::vector<ParkedEvent>> ReadParked(const ParkedAt& at, const std::string& school,
                                                    const ParkedSubject& of,
                                                    const ParkedPlace& after, int count) {
  std::vector<ParkedEvent> events;
  const bool all = of.producer.empty();
  std::vector<Value> values = {Value(school), Value(after.producer), Value(after.number)};
  if (!all) values.insert(values.end(), {Value(of.producer), Value(of.subject)});
  const std::string query = absl::StrCat(
      "SELECT producer, number, type, subject, reason, park_time FROM parked_events "
      "WHERE school = $1 AND (producer, number) > ($2, $3) ",
      all ? "" : "AND producer = $4 AND subject = $5 ", "ORDER BY producer, number LIMIT ", count);
  RETURN_IF_ERROR(at.readers->Read(school, [&](storage::Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const storage::Result found, transaction.connection().Query(query, values));
    for (const storage::Row& row : found.rows) {
      ParkedEvent& event = events.emplace_back();
      event.set_service(at.service);
      event.set_producer(std::get<std::string>(row[0]));
      event.set_number(std::get<int64_t>(row[1]));
      event.set_type(std::get<std::string>(row[2]));
      event.set_subject(std::get<std::string>(row[3]));
      event.set_reason(std::get<std::string>(row[4]));
      *event.mutable_park_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[5])));
    }
    return absl::OkStatus();
  }));
  return events;
}

absl::StatusOr<ParkedSubject> FindParked(const ParkedAt& at, const std::string& school,
                                         const ParkedPlace& event) {
  ASSIGN_OR_RETURN(const std::vector<ParkedEvent> found,
                   ReadParked(at, school, {}, {event.producer, event.number - 1}, 1));
  if (found.empty() || found[0].producer() != event.producer || found[0].number() != event.number)
    return NotFound(absl::StrCat(at.service, "/", event.producer, "/", event.number));
  return ParkedSubject{found[0].producer(), found[0].subject()};
}

site::v1::RetryParkedEventsResponse RetryParked(const ParkedAt& at, const std::string& school,
                                                const std::vector<ParkedEvent>& events) {
  site::v1::RetryParkedEventsResponse response;
  std::set<std::pair<std::string, std::string>> failed;  // subjects, by producer
  for (const ParkedEvent& parked : events) {
    const std::pair<std::string, std::string> of = {parked.producer(), parked.subject()};
    const absl::Status applied =
        failed.count(of) > 0 ? Unavailable(parked.reason()) : Apply(at, school, parked);
    if (applied.ok()) {
      response.set_applied(response.applied() + 1);
      continue;
    }
    failed.insert(of);
    *response.add_parked() = parked;
    response.mutable_parked()->rbegin()->set_reason(std::string(applied.message()));
  }
  return response;
}

}  // namespace vivier::follow
