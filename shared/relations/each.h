// All rows of a table, and all events of a service's own log, one after the other, for checks that
// SQL cannot say. A Transaction is its thread's.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/base/error.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/table.h"

namespace vivier::relations {

// Rows that are read at a time.
inline constexpr int kPage = 500;

// In the order of their names, with what their keys open. What cannot be opened ends the reading
// unless `odd` takes it, by the row's name.
using EachMessage = std::function<void(const google::protobuf::Message&)>;
using Odd = std::function<void(const std::string& name, const absl::Status&)>;
absl::Status EachRow(storage::Transaction& transaction, const storage::Schema& schema,
                     const EachMessage& each, const Odd& odd = nullptr);

template <class M>
absl::Status Each(storage::Transaction& transaction, const std::function<void(const M&)>& each) {
  return EachRow(
      transaction, storage::Schema::Of(M::descriptor()),
      [&each](const google::protobuf::Message& row) { each(static_cast<const M&>(row)); });
}

// Whose data are erased, by the subjects of the erasures: of them nothing can be compared that
// their keys encrypted.
absl::StatusOr<std::set<std::string>> Erased(storage::Transaction& transaction);

// The events that erased somebody here, also those that only the list outside the database had.
absl::Status EachErasure(storage::Transaction& transaction, const EachMessage& each);

// When something was last written, as far as the audit trail says; 1970 where nothing was.
absl::StatusOr<absl::Time> LastWrite(storage::Transaction& transaction);

// Events in the order of the log, those of one type where `type` is not ""; the payloads of erased
// persons are empty.
using EachEventLogged = std::function<absl::Status(const log::v1::LoggedEvent&)>;
absl::Status EachLogged(storage::Transaction& transaction, const EachEventLogged& each,
                        const std::string& type = "");

// Calls `each` with the event where it is of that type and its payload is there.
template <class E>
absl::Status If(const log::v1::LoggedEvent& logged, const std::function<void(const E&)>& each) {
  if (storage::TypeOf(logged) != E::descriptor()->full_name() || logged.payload().value().empty())
    return absl::OkStatus();
  E event;
  if (!event.ParseFromString(logged.payload().value()))
    return Internal(absl::StrCat("events/", logged.number(), " is no message of its type"));
  each(event);
  return absl::OkStatus();
}

// All events of one type.
template <class E>
absl::Status EachEvent(storage::Transaction& transaction,
                       const std::function<void(const E&)>& each) {
  return EachLogged(
      transaction, [&each](const log::v1::LoggedEvent& logged) { return If<E>(logged, each); },
      E::descriptor()->full_name());
}

}  // namespace vivier::relations
