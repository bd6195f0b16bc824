// What a handler, a reaction and a tick hold: who asks, when, and a unit of work over the open
// transaction. It offers no clock, no channel and no thread, so a handler can be run again, batched
// with others into one commit, simulated and tested without a network. Lives for one run of one
// function on one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/base/error.h"
#include "shared/security/caller.h"
#include "shared/service/time_zone.h"
#include "shared/storage/log/unit.h"

namespace vivier::rpc {

// Resources of other services that the request names, fetched before the transaction. They prove
// existence and immutable facts only.
using Fetched = std::map<std::string, std::shared_ptr<const google::protobuf::Message>>;

class Call {
 public:
  Call(const security::Caller& caller, absl::Time time, storage::Unit& unit, const Fetched& fetched,
       std::string reason = "")
      : caller_(caller), time_(time), unit_(unit), fetched_(fetched), reason_(std::move(reason)) {}

  const security::Caller& caller() const { return caller_; }
  // Why the caller asks, as the record of the call says it; "" where they do not say.
  const std::string& reason() const { return reason_; }

  // When the request came, in whole microseconds: the only "now" of a handler.
  absl::Time time() const { return time_; }

  // The school's civil day at time(): the only "today" of a handler.
  absl::StatusOr<absl::CivilDay> Today() { return DayOf(time_); }
  // The school's civil day at another time, and the first instant of a day there.
  absl::StatusOr<absl::CivilDay> DayOf(absl::Time time);
  absl::StatusOr<absl::Time> StartOf(absl::CivilDay day);

  const std::string& school() const { return unit_.school(); }

  storage::Unit& unit() { return unit_; }
  operator storage::Unit&() { return unit_; }  // NOLINT: so that a table takes the call itself

  // A resource of another service that the request refers to.
  template <class M>
  absl::StatusOr<M> Get(const std::string& name) const {
    auto found = fetched_.find(name);
    if (found == fetched_.end()) return Internal("not a reference of this request: " + name);
    return static_cast<const M&>(*found->second);
  }

  absl::Status Emit(const google::protobuf::Message& event) { return unit_.Emit(event); }

 private:
  absl::StatusOr<const TimeZones*> Zones();

  const security::Caller& caller_;
  absl::Time time_;
  storage::Unit& unit_;
  const Fetched& fetched_;
  const std::string reason_;
  std::optional<TimeZones> zones_;  // read once
};

// The answer where there is no such row: who acts for one company or funder is not told whether a
// row exists that is not their own.
inline absl::Status Missing(const Call& call, absl::string_view name) {
  return call.caller().kind == security::Caller::Kind::kPartner ? NotAllowed(name) : NotFound(name);
}

}  // namespace vivier::rpc
