// What an event that erases (vivier/options/v1/erasure.proto) does in a database, within the
// transaction of its producer's write or of its follower's cursor.
//
// A follower destroys its keys at once. The producer's log still has events that only the person's
// key opens, and a follower that lags must count and release by them first; so the producer retires
// the keys, which ends every use but that, and destroys them when the last follower has applied the
// erasure:
//
//   EraseCandidate ─▶ retired ─▶ each follower: reaction, keys destroyed, reads anew behind it
//                        └────── the position of the last follower passes the event ─▶ destroyed
//
// Functions without state; a Transaction is not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

// Whether events of the type of that full name erase, as far as this binary knows it.
bool Erases(const std::string& type);

// The names that the event erases; none where its type erases nobody.
std::vector<std::string> ErasedBy(const google::protobuf::Message& event);

// Erases whom `event` names, and nobody when it names none. `number` is its place in the service's
// own log, 0 when it came from elsewhere. A second time changes nothing.
absl::Status ErasePersons(Transaction& transaction, const google::protobuf::Message& event,
                          int64_t number, absl::Time now);

// Takes note that `follower` has applied the service's log up to `number`, and destroys what waited
// for that.
absl::Status StoreFollower(Transaction& transaction, const std::string& follower, int64_t number,
                           absl::Time now);

// Whether StoreFollower with these would change nothing.
absl::StatusOr<bool> IsFollowerStored(Transaction& transaction, const std::string& follower,
                                      int64_t number);

}  // namespace vivier::storage
