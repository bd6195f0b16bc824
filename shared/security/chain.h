// A chain of records: each carries the hash of its fields and of the record before it (hash.h draws
// what is hashed), and somewhere else stands where it ends. Whoever changes, drops, inserts or
// moves a record would have to compute every later one and that end anew. The event log, the audit
// trail and the seals of attendance are such chains; their hashes are of the bytes as they are
// stored, so that they can be verified after a person's key is destroyed. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace vivier::security {

// Reads a chain in its order, one record after another, so that one of any length can be verified.
class ChainWalk {
 public:
  // Begins behind the record with this number and hash; at the beginning of the chain without.
  explicit ChainWalk(int64_t number = 0, std::string hash = "")
      : number_(number), hash_(std::move(hash)) {}

  // What the next record's hash has to follow from.
  const std::string& hash() const { return hash_; }
  int64_t number() const { return number_; }

  // What is wrong with the next record, "" when nothing is. `due` is the hash that it should have.
  // Goes on behind it in either case, so that one break is told once.
  absl::string_view Next(int64_t number, absl::string_view hash, absl::string_view due);

  // What is wrong with an end that is said to be there.
  absl::string_view End(int64_t number, absl::string_view hash) const;

 private:
  int64_t number_;
  std::string hash_;
};

}  // namespace vivier::security
