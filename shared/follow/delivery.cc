#include "shared/follow/delivery.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/log/log.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/perform.h"

namespace vivier::follow {
namespace {

using storage::Value;

// A delivery waits for nobody at a keyboard; one look serves all commits of that time.
constexpr absl::Duration kGather = absl::Milliseconds(200);
constexpr absl::Duration kTryAgain = absl::Seconds(1);

constexpr char kDelivered[] = "OK";

// Nobody can tell whether it arrived, or it could not yet: it must be sent again.
bool IsPassing(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnauthenticated:  // a token is being replaced
      return true;
    default:
      return false;
  }
}

// Of house::Deliveries(), in its order.
constexpr size_t kNumber = 3;

// How far the delivery of that type to that target has come, 0 where there is none.
absl::StatusOr<int64_t> ReadNumber(storage::Transaction& transaction, const Value& target,
                                   const Value& type) {
  ASSIGN_OR_RETURN(const std::vector<storage::Row> found,
                   storage::house::Deliveries().Select(transaction, "target = $2 AND type = $3",
                                                       {target, type}));
  return found.empty() ? 0 : std::get<int64_t>(found[0][kNumber]);
}

}  // namespace

Delivery::Delivery(Options options)
    : options_(std::move(options)),
      timer_(*options_.scheduler, Scheduler::Lane::kOutside, [this] { Run(); }) {
  timer_.In(absl::ZeroDuration());
}

void Delivery::Wake() { timer_.In(kGather); }

void Delivery::Run() {
  const absl::StatusOr<bool> delivered = DeliverPage();
  if (!delivered.ok())
    Log(LogLevel::kWarning, "a delivery waits",
        {{"target", options_.target}, {"error", delivered.status().message()}});
  if (!delivered.ok() || *delivered) timer_.In(delivered.ok() ? absl::ZeroDuration() : kTryAgain);
}

absl::StatusOr<bool> Delivery::DeliverPage() {
  int64_t number = 0;
  std::vector<log::v1::LoggedEvent> events;
  RETURN_IF_ERROR(options_.readers->Read(
      options_.school, [&](storage::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(number, ReadNumber(transaction, options_.target,
                                            options_.delivery->event->full_name()));
        ASSIGN_OR_RETURN(events, storage::ReadEvents(transaction, number));
        return absl::OkStatus();
      }));
  const std::string type_url =
      absl::StrCat("type.googleapis.com/", options_.delivery->event->full_name());
  for (const log::v1::LoggedEvent& event : events) {
    if (event.payload().type_url() != type_url) continue;
    ASSIGN_OR_RETURN(std::string outcome, Deliver(event));
    RETURN_IF_ERROR(Store(number, event.number(), outcome));
    number = event.number();
  }
  if (events.empty() || number >= events.back().number()) return !events.empty();
  RETURN_IF_ERROR(Store(number, events.back().number(),
                        kDelivered));  // the rest of the page is not for this delivery
  return true;
}

// The outcome to store; an error where it must be tried again.
absl::StatusOr<std::string> Delivery::Deliver(const log::v1::LoggedEvent& event) const {
  const TraceScope scope(Traceparent::Parse(event.traceparent()).value_or(Traceparent::New()));
  std::unique_ptr<google::protobuf::Message> message = NewMessage(options_.delivery->event);
  if (!message->ParseFromString(event.payload().value()))
    return Internal("the payload is no message of its type");
  const std::string id =
      UuidOf(absl::StrCat(options_.target, "|", options_.school, "|", event.hash()));
  ASSIGN_OR_RETURN(rpc::Outside::End there, options_.there());
  const rpc::Outside outside(options_.school, options_.target, id, options_.here(),
                             std::move(there));
  const absl::Status status = options_.delivery->deliver(outside, *message);
  if (status.ok()) return std::string(kDelivered);
  if (IsPassing(status)) return status;
  Log(LogLevel::kWarning, "a delivery was refused",
      {{"target", options_.target}, {"error", status.message()}});
  return absl::StrCat(absl::StatusCodeToString(status.code()), " ", ReasonOf(status));
}

// Compares before it sets, so that of two replicas one stores it.
absl::Status Delivery::Store(int64_t before, int64_t number, const std::string& outcome) {
  const Value target = options_.target, type = options_.delivery->event->full_name();
  return storage::Perform(
      *options_.writer, options_.school,
      [&](storage::Transaction& transaction, absl::Time now) -> absl::Status {
        ASSIGN_OR_RETURN(const int64_t stored, ReadNumber(transaction, target, type));
        if (stored != before) return absl::OkStatus();
        return storage::house::Deliveries().Put(
            transaction, {options_.school, target, type, number, outcome, absl::ToUnixMicros(now)});
      });
}

}  // namespace vivier::follow
