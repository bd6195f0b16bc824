// The keys of persons in one transaction: what encrypts all that is stored of them. Not
// thread-safe, as the transaction.
#pragma once

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/security/encryption.h"

namespace vivier::storage {

class Transaction;

// NOT_FOUND with the reason PERSON_ERASED, and FAILED_PRECONDITION with it when `create`.
absl::Status PersonErased(const std::string& person, bool create);

class PersonKeys {
 public:
  explicit PersonKeys(Transaction& transaction) : transaction_(transaction) {}

  // The person's key; NOT_FOUND when there is none unless `create` makes it; for an erased person
  // PersonErased.
  absl::StatusOr<security::Key> Of(const std::string& person, bool create);
  // The same for the log, which its followers read for as long as the key exists.
  absl::StatusOr<security::Key> OfLogged(const std::string& person);
  absl::Status Store(const std::string& person, const security::Key& key);
  // The two steps of an erasure, see erasure.h: from the first on only the log opens with the key,
  // and no other is ever made for that name; with the second it is gone.
  absl::Status Retire(const std::string& person, absl::Time time);
  absl::Status Destroy(const std::string& person);

 private:
  struct Known {
    std::optional<security::Key> key;  // nothing where it was destroyed
    bool erased = false;
  };
  // Null where no key was ever made.
  absl::StatusOr<const Known*> Find(const std::string& person);

  Transaction& transaction_;
  absl::flat_hash_map<std::string, Known> known_;
};

}  // namespace vivier::storage
