// The audit trail is a chain: each record carries the hash of its fields and of the record before it (hash.h draws
// what is hashed), and the school's head row the hash of the last. Whoever changes, drops, inserts or moves a record
// would have to recompute every later one and the head. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/base/hash.h"

namespace vivier::security {

// The hash of the record that follows the one with the hash `previous` ("" for the first). The fields are the bytes
// as they are stored, so that the chain can be verified after a person's key is destroyed.
inline std::string AuditHash(absl::string_view previous, absl::Span<const absl::string_view> fields) {
  return ChainHash(previous, fields);
}

// Reads a chain in its order, one record after another, so that a trail of any length can be verified.
class ChainVerifier {
 public:
  // `previous` is the hash before the first record of the range, "" at the beginning of the chain.
  explicit ChainVerifier(std::string previous = "") : last_(std::move(previous)) {}

  // DATA_LOSS, reason CHAIN_BROKEN, with the record's place in the range (from 0) when the stored hash does not
  // follow. Every later answer is that one.
  absl::Status Add(absl::Span<const absl::string_view> fields, absl::string_view stored_hash);

  // DATA_LOSS, reason CHAIN_TRUNCATED, when the last record is not the one that the head row names.
  absl::Status Finish(absl::string_view head_hash) const;

  int64_t count() const { return count_; }

 private:
  std::string last_;
  int64_t count_ = 0;
  absl::Status verdict_;
};

struct AuditRecord {
  std::vector<std::string> fields;
  std::string hash;
};

// Verifies a range at once, from `previous` up to the head.
absl::Status VerifyChain(absl::string_view previous, absl::Span<const AuditRecord> records,
                         absl::string_view head_hash);

}  // namespace vivier::security
