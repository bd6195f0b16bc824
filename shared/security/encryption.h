// Authenticated encryption (AES-256-GCM) of what must not be read or changed at rest. Thread-safe:
// each thread keeps its own cipher context.
//
// An encrypted value:
//
//   ┌──────────┬──────────────────────────────┬────────┐
//   │ nonce 12 │ ciphertext, as long as plain │ tag 16 │
//   └──────────┴──────────────────────────────┴────────┘
//
// The nonce is random, so one key may encrypt about 2^32 values before a repetition becomes
// likelier than 2^-32; a person's key encrypts some thousands. The associated data is not stored:
// whoever opens names it again, and a value that was moved to another place does not open there.
#pragma once

#include <array>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::security {

// A 256-bit key that wipes itself from memory. The empty key (all zero) exists only so that
// containers can hold keys.
class Key {
 public:
  static constexpr size_t kSize = 32;

  Key() = default;
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();

  static Key Random();
  // INTERNAL, reason INTERNAL, unless there are exactly 32 bytes.
  static absl::StatusOr<Key> FromBytes(absl::string_view bytes);

  absl::string_view bytes() const { return absl::string_view(bytes_.data(), bytes_.size()); }

 private:
  std::array<char, kSize> bytes_ = {};
};

std::string Encrypt(const Key& key, absl::string_view plaintext, absl::string_view associated_data);

// DATA_LOSS, reason DECRYPTION_FAILED: another key, other associated data, or changed bytes; which
// of them cannot be told.
absl::StatusOr<std::string> Decrypt(const Key& key, absl::string_view encrypted,
                                    absl::string_view associated_data);

}  // namespace vivier::security
