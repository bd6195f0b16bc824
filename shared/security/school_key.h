// The key of a school: it wraps the key of each person, and it alone, so destroying a person's
// wrapped key erases the person everywhere, backups included. It also keys the blind index.
// Immutable once loaded, hence thread-safe.
//
// The file: 32 raw bytes, or 64 hexadecimal digits and at most one newline; mode 0600 or 0400.
//
// A wrapped key:
//
//   ┌─────────────┬──────────────────────────────────────────┐
//   │ key id 8    │ encrypted person key 60 (encryption.h)   │
//   └─────────────┴──────────────────────────────────────────┘
//
// The key id says which school key wrapped it: the first 8 bytes of SHA-256("vivier school key id"
// ‖ key). While keys rotate (docs/keys.md) there are two, the new one first.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/security/ed25519.h"
#include "shared/security/encryption.h"
#include "shared/security/mac_key.h"

namespace vivier::security {

// Of the folder of keys.
inline constexpr char kSchoolKeyFile[] = "school.key";
inline constexpr char kPreviousSchoolKeyFile[] = "school.previous.key";

class SchoolKey {
 public:
  // What stands in that folder: its key, and the one before it where that is there.
  static absl::StatusOr<SchoolKey> OfFolder(const std::string& folder);

  // `previous` may be empty. FAILED_PRECONDITION, reason SECRET_FILE or SCHOOL_KEY, when a file
  // cannot serve.
  static absl::StatusOr<SchoolKey> Load(const std::string& path, const std::string& previous = "");

  // The name of the current key, 16 hexadecimal digits; whether one of them is called so.
  std::string id() const;
  bool Has(absl::string_view id) const;

  // The same keys with the previous one first: what a school uses whose rows are still under it.
  // Itself where there is only one.
  const SchoolKey& PreviousFirst() const { return reversed_ == nullptr ? *this : *reversed_; }

  // The current key without the previous one, for where nothing is under that any more.
  const SchoolKey& Alone() const { return alone_ == nullptr ? *this : *alone_; }

  // A key of its own for tests and demonstrations, in no file.
  static SchoolKey Random();

  // `person` is the person's resource name: a wrapped key does not open for anybody else.
  std::string Wrap(const Key& person_key, absl::string_view person) const;

  // DATA_LOSS, reason DECRYPTION_FAILED, or FAILED_PRECONDITION, reason SCHOOL_KEY, when neither
  // key wrapped it.
  absl::StatusOr<Key> Unwrap(absl::string_view wrapped, absl::string_view person) const;

  // Whether the previous key wrapped it, so that it must be wrapped again before that key is
  // dropped.
  bool IsOutdated(absl::string_view wrapped) const;

  // By what a value that is stored encrypted can be looked up: the first 16 bytes, in hex, of
  // HMAC-SHA-256 over the normalized text, under a key of its own for each purpose
  // ("candidates.email"), so that two columns cannot be compared with each other.
  std::string BlindIndex(absl::string_view purpose, absl::string_view text) const;

  // The indexes under every key, the current one first: while keys rotate a look-up asks for all.
  std::vector<std::string> BlindIndexes(absl::string_view purpose, absl::string_view text) const;

  // The key of its own that all processes of the school have for a purpose ("cache"): HMAC-SHA-256
  // under the current school key, apart from what the indexes are keyed with.
  Key Derive(absl::string_view purpose) const;

  // With what the school signs for others, who check it without our program: a key pair that
  // follows from the current school key.
  EVP_PKEY& signing_key() const { return *signing_key_; }

  // The keys of the codes that rows carry (storage/rows/row_mac.h), the current one first.
  const std::vector<MacKey>& row_keys() const { return row_keys_; }

  // The keys of where lists go on (storage/rows/page_token.h), the current one first.
  const std::vector<Key>& page_keys() const { return page_keys_; }

 private:
  struct Entry {
    std::string id;
    Key key;
  };
  enum class Make { kWithOthers, kThisOnly };
  explicit SchoolKey(std::vector<Entry> keys, Make make = Make::kWithOthers);
  static Entry EntryOf(const Key& key);

  std::vector<Entry> keys_;  // one or two, the current one first
  std::vector<MacKey> row_keys_;
  std::vector<Key> page_keys_;
  std::shared_ptr<EVP_PKEY> signing_key_;
  std::shared_ptr<const SchoolKey> reversed_, alone_;  // null where there is one key
};

// As BlindIndex, under a key that is no school's: for what must be found again by the same index
// after the school's key is another.
std::string IndexUnder(const Key& key, absl::string_view purpose, absl::string_view text);

// Draws a key and writes it as hex to a new file. ALREADY_EXISTS rather than overwrite one.
absl::Status CreateSchoolKey(const std::string& path);

// Removes white space at both ends, lowers ASCII letters, and nothing else: composed and decomposed
// accents stay different (what is stored would have to be indexed anew), so look up e-mail
// addresses and identifiers, not names.
std::string NormalizeForIndex(absl::string_view text);

}  // namespace vivier::security
