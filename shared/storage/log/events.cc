#include "shared/storage/log/events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/storage/log/erasure.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;

std::string TextField(const pb::Message& message, const std::string& name) {
  const pb::FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

std::string Place(const StoredEvent& event) {
  return absl::StrCat("events|", event.type, "|", event.subject);
}

// Bytes of one type give the same event for the same message within this binary; the log stores
// them once and hashes what it stored, so nothing depends on another binary's serialization.
absl::Status SetPayload(Transaction& transaction, const pb::Message& event, StoredEvent& stored) {
  stored.payload = event.SerializeAsString();
  if (stored.person.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(security::Key key, transaction.keys().Of(stored.person, true));
  stored.payload = security::Encrypt(key, stored.payload, Place(stored));
  return absl::OkStatus();
}

absl::StatusOr<std::string> OpenPayload(Transaction& transaction, const StoredEvent& stored) {
  if (stored.person.empty()) return stored.payload;
  absl::StatusOr<security::Key> key = transaction.keys().OfLogged(stored.person);
  if (absl::IsNotFound(key.status())) return "";
  RETURN_IF_ERROR(key.status());
  return security::Decrypt(*key, stored.payload, Place(stored));
}

// Of every type where `type` is "".
absl::StatusOr<std::vector<log::v1::LoggedEvent>> ReadSome(Transaction& transaction,
                                                           int64_t after_number, int limit,
                                                           const std::string& type = "") {
  std::vector<Value> parameters = {Value(transaction.school()), Value(after_number)};
  if (!type.empty()) parameters.push_back(Value(type));
  ASSIGN_OR_RETURN(
      Result result,
      transaction.connection().Query(
          absl::StrCat(
              "SELECT number, hash, type, subject, person, payload, create_time, traceparent "
              "FROM events WHERE school = $1 AND number > $2",
              type.empty() ? "" : " AND type = $3", " ORDER BY number LIMIT ", limit),
          parameters));
  std::vector<log::v1::LoggedEvent> events;
  events.reserve(result.rows.size());
  for (Row& row : result.rows) {
    const StoredEvent stored = {std::get<int64_t>(row[0]),     std::get<std::string>(row[2]),
                                std::get<std::string>(row[3]), std::get<std::string>(row[4]),
                                std::get<Bytes>(row[5]).data,  std::get<int64_t>(row[6]),
                                std::get<std::string>(row[7])};
    ASSIGN_OR_RETURN(std::string payload, OpenPayload(transaction, stored));
    log::v1::LoggedEvent& event = events.emplace_back();
    event.set_number(stored.number);
    event.set_hash(std::get<Bytes>(row[1]).data);
    event.set_subject(stored.subject);
    event.mutable_payload()->set_type_url(absl::StrCat("type.googleapis.com/", stored.type));
    event.mutable_payload()->set_value(std::move(payload));
    *event.mutable_create_time() = ToTimestamp(absl::FromUnixMicros(stored.create_time));
    event.set_traceparent(stored.traceparent);
  }
  return events;
}

}  // namespace

std::string EventHash(absl::string_view previous, const StoredEvent& event) {
  return ChainHash(previous, {absl::StrCat(event.number), event.type, event.subject, event.person,
                              absl::StrCat(event.create_time), event.payload, event.traceparent});
}

absl::Status AppendEvent(Transaction& transaction, const pb::Message& event, absl::Time time,
                         absl::string_view traceparent) {
  const pb::MessageOptions& message_options = event.GetDescriptor()->options();
  if (!message_options.HasExtension(options::v1::event))
    return Internal(
        absl::StrCat(event.GetDescriptor()->full_name(), " is not declared as an event"));
  Head& head = transaction.head();
  StoredEvent stored;
  stored.number = head.event_number + 1;
  stored.type = event.GetDescriptor()->full_name();
  stored.subject = TextField(event, message_options.GetExtension(options::v1::event).subject());
  stored.person = TextField(event, message_options.GetExtension(options::v1::person));
  stored.create_time = absl::ToUnixMicros(time);
  stored.traceparent = std::string(traceparent);
  RETURN_IF_ERROR(SetPayload(transaction, event, stored));
  head.event_hash = EventHash(head.event_hash, stored);
  head.event_number = stored.number;
  RETURN_IF_ERROR(transaction.connection().Send(
      "INSERT INTO events (school, number, hash, type, subject, person, payload, create_time, "
      "traceparent) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {Value(transaction.school()), Value(stored.number), Value(Bytes{head.event_hash}),
       Value(std::move(stored.type)), Value(std::move(stored.subject)),
       Value(std::move(stored.person)), Value(Bytes{std::move(stored.payload)}),
       Value(stored.create_time), Value(std::move(stored.traceparent))}));
  return ErasePersons(transaction, event, stored.number, time);
}

absl::StatusOr<std::vector<log::v1::LoggedEvent>> ReadEvents(Transaction& transaction,
                                                             int64_t after_number) {
  return ReadSome(transaction, after_number, kEventsPerPage);
}

absl::StatusOr<std::vector<log::v1::LoggedEvent>> ReadEventsOf(Transaction& transaction,
                                                               const std::string& type,
                                                               int64_t after_number) {
  return ReadSome(transaction, after_number, kEventsPerPage, type);
}

absl::StatusOr<log::v1::LoggedEvent> ReadEvent(Transaction& transaction, int64_t number) {
  ASSIGN_OR_RETURN(std::vector<log::v1::LoggedEvent> events, ReadSome(transaction, number - 1, 1));
  if (events.empty() || events[0].number() != number)
    return NotFound(absl::StrCat("events/", number));
  return std::move(events[0]);
}

absl::StatusOr<int64_t> LastEvent(Transaction& transaction) {
  ASSIGN_OR_RETURN(Result head, transaction.connection().Query(
                                    "SELECT event_number FROM heads WHERE school = $1",
                                    {Value(transaction.school())}));
  return head.rows.empty() ? 0 : std::get<int64_t>(head.rows[0][0]);
}

absl::StatusOr<std::map<std::string, int64_t>> LastEvents(Transaction& transaction) {
  ASSIGN_OR_RETURN(Result heads, transaction.connection().Query(
                                     "SELECT school, event_number FROM heads ORDER BY school"));
  std::map<std::string, int64_t> last;
  for (const Row& head : heads.rows)
    last[std::get<std::string>(head[0])] = std::get<int64_t>(head[1]);
  return last;
}

std::string TypeOf(const log::v1::LoggedEvent& event) {
  const std::string& url = event.payload().type_url();
  return url.substr(url.rfind('/') + 1);
}

absl::Status CheckPosition(Transaction& transaction, int64_t number, absl::string_view hash) {
  if (number == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Result result, transaction.connection().Query(
                                      "SELECT hash FROM events WHERE school = $1 AND number = $2",
                                      {Value(transaction.school()), Value(number)}));
  if (!result.rows.empty() && std::get<Bytes>(result.rows[0][0]).data == hash)
    return absl::OkStatus();
  ASSIGN_OR_RETURN(Result last, transaction.connection().Query(
                                    "SELECT COALESCE(MAX(number), 0) FROM events WHERE school = $1",
                                    {Value(transaction.school())}));
  return Refused(log::v1::LOG_FORKED, "the log does not hold the event that the follower has seen",
                 {{"number", absl::StrCat(number)},
                  {"last_number", absl::StrCat(std::get<int64_t>(last.rows[0][0]))}});
}

}  // namespace vivier::storage
