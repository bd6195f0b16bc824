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
// An event that keeps proof (KeptPeriod) leaves the proof keys of the persons, which nothing opens
// any more but PersonKeys::OpenKept, until another event erases these; one that keeps none erases
// them with the others.
//
// Functions without state; a Transaction is not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/storage/log/unit.h"
#include "vivier/options/v1/erasure.pb.h"

namespace vivier::storage {

// Whether events of the type of that full name erase, as far as this binary knows it.
bool Erases(const std::string& type);

// For what the event keeps proof, and how long; none where it keeps none.
std::vector<options::v1::KeptPeriod> KeptBy(const google::protobuf::Message& event);

// The names of keys that the event erases; none where its type erases nobody.
std::vector<std::string> ErasedBy(const google::protobuf::Message& event);

// The event of an erasure as it is stored; INTERNAL for a type that this binary does not know.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ReadErasing(const std::string& type,
                                                                       const std::string& payload);

// Erases whom `event` names, and nobody when it names none. `number` is its place in the service's
// own log, 0 when it came from elsewhere. A second time changes nothing.
absl::Status ErasePersons(Transaction& transaction, const google::protobuf::Message& event,
                          int64_t number, absl::Time now);

// Keys of erased persons that are not as the erasure left them: in use again, destroyed and there
// again, or without the row that keeps another from being made. Somebody put older rows back.
struct RevivedKey {
  std::string name;
  bool in_use;   // it is not marked as erased
  bool is_over;  // no log needs it any more
  Value time;    // of its erasure
};
absl::StatusOr<std::vector<RevivedKey>> RevivedKeys(Transaction& transaction);

// Erases them again. Where the sum of the table does not know what was put back, it is not moved:
// the rows are again those that it knows.
absl::Status EraseRevived(Transaction& transaction, absl::Time now);

// Takes note that `follower` has applied the service's log up to `number`, and destroys what waited
// for that.
absl::Status StoreFollower(Transaction& transaction, const std::string& follower, int64_t number,
                           absl::Time now);

// Whether StoreFollower with these would change nothing.
absl::StatusOr<bool> IsFollowerStored(Transaction& transaction, const std::string& follower,
                                      int64_t number);

}  // namespace vivier::storage
