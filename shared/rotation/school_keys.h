// The keys that a school has had, as each service keeps them in `school_keys`: their names and what
// others check its signatures by. Functions without state; a Transaction is not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/unit.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::rotation {

// Of house::SchoolKeys(), in its order.
enum Column : size_t {
  kNumber = 1,
  kKeyId,
  kPublicKey,
  kBeginTime,
  kEndTime,
  kSignature,
  kPosition,
  kRowsSeen
};

// As stored, with its MAC, the oldest first.
absl::StatusOr<std::vector<storage::Row>> ReadKeys(storage::Transaction& transaction);

// Signs with the current key what a row says of a key that is not in force any more.
void SignKey(const security::SchoolKey& current, const std::string& school, storage::Row& row);

// What the school's signatures may be made with, each the one line of base64 of its PEM.
absl::StatusOr<std::set<std::string>> PublicKeys(storage::Transaction& transaction);

void ToMessage(const std::string& service, const storage::Row& row,
               site::v1::PublicSchoolKey& message);

// Which of `keys` a service needs at its start for its schools' rows: all, or the current one alone
// where no row is under the previous one any more. FAILED_PRECONDITION, reason SCHOOL_KEY, where
// rows are under a key that is not among them.
absl::StatusOr<const security::SchoolKey*> KeysNeeded(storage::Database& database,
                                                      const std::string& service,
                                                      const std::set<std::string>& schools,
                                                      const security::SchoolKey& keys);

}  // namespace vivier::rotation
