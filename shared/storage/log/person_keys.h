// The keys of persons in one transaction: what encrypts all that is stored of them. A person has
// one, and where a message has fields for `proof` (vivier/options/v1/erasure.proto) a second one
// for these, under the name ProofOf(person):
//
//                 person's key     proof key
//   at work       opens            opens
//   erased        gone             closed to every ordinary read, opened by OpenKept
//   period over   gone             gone
//
// Not thread-safe, as the transaction.
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

  // The key of that name; NOT_FOUND when there is none unless `create` makes it; PersonErased where
  // it was erased, and for the proof key of an erased person.
  absl::StatusOr<security::Key> Of(const std::string& name, bool create);
  // The same for the log, which its followers read for as long as the key exists.
  absl::StatusOr<security::Key> OfLogged(const std::string& person);
  absl::Status Store(const std::string& name, const security::Key& key);
  // From now on the proof keys of erased persons open: for who has a reason and was recorded.
  void OpenKept() { opens_kept_ = true; }
  // The two steps of an erasure, see erasure.h: from the first on only the log opens with the key,
  // and no other is ever made for that name; with the second it is gone.
  absl::Status Retire(const std::string& name, absl::Time time);
  absl::Status Destroy(const std::string& name);

 private:
  struct Known {
    std::optional<security::Key> key;  // nothing where it was destroyed
    bool erased = false;
  };
  // Null where no key was ever made; valid until the next call.
  absl::StatusOr<const Known*> Find(const std::string& name);
  // Reads both keys of the person: who asks for one mostly asks for the other.
  absl::Status Load(const std::string& person);
  // Whether it is the proof key of somebody who was erased.
  absl::StatusOr<bool> IsClosed(const std::string& name);

  Transaction& transaction_;
  absl::flat_hash_map<std::string, std::optional<Known>> known_;
  bool opens_kept_ = false;
};

}  // namespace vivier::storage
