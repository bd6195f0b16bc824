// The service's log in the table `events`: the outbox that others follow. Numbers are given under
// the head row's lock, so they have no gaps and stand in commit order.
//
// The hash of an event covers the hash before it and all columns as they are stored, so it can be
// proved after a person's key was destroyed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/storage/log/unit.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::storage {

// Events that one message of a stream carries (45 to 80 times faster than one by one).
inline constexpr int kEventsPerPage = 500;

// Appends `event` with the next number and moves the transaction's head. A payload with personal
// data is encrypted with the person's key.
absl::Status AppendEvent(Transaction& transaction, const google::protobuf::Message& event,
                         absl::Time time, absl::string_view traceparent);

// Events after `number`, in order, at most kEventsPerPage, with their payloads opened; empty
// payloads where the person was erased.
absl::StatusOr<std::vector<log::v1::LoggedEvent>> ReadEvents(Transaction& transaction,
                                                             int64_t after_number);

// The same of one type. The log has no index by type: it is passed over to its end.
absl::StatusOr<std::vector<log::v1::LoggedEvent>> ReadEventsOf(Transaction& transaction,
                                                               const std::string& type,
                                                               int64_t after_number);

// The number of the last event; 0 while there is none.
absl::StatusOr<int64_t> LastEvent(Transaction& transaction);

// The same of every school that has a log.
absl::StatusOr<std::map<std::string, int64_t>> LastEvents(Transaction& transaction);

// One event in the same way; NOT_FOUND where the log has none of that number.
absl::StatusOr<log::v1::LoggedEvent> ReadEvent(Transaction& transaction, int64_t number);

// The full name of the event's message type.
std::string TypeOf(const log::v1::LoggedEvent& event);

// FAILED_PRECONDITION LOG_FORKED unless the log holds event `number` with `hash` (number 0 always
// fits).
absl::Status CheckPosition(Transaction& transaction, int64_t number, absl::string_view hash);

// The hash that the event of this stored row must have after `previous`.
struct StoredEvent {
  int64_t number = 0;
  std::string type, subject, person, payload;
  int64_t create_time = 0;
  std::string traceparent;
};
std::string EventHash(absl::string_view previous, const StoredEvent& event);

}  // namespace vivier::storage
