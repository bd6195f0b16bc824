// Remembers tokens that were verified, so that the signature is checked once and not at every call.
// Bounded: two generations per shard, the older one is dropped when the younger one is full, and an
// entry in use moves to the younger one. Thread-safe; a look-up takes one short lock of one of 16
// shards.
//
// Whole tokens are kept and compared. Their SHA-256 would do, at three hundredths of a cached read;
// but whoever can read this process's memory finds its keys there too.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "shared/security/caller.h"

namespace vivier::security {

struct VerifiedToken {
  Caller caller;
  int64_t not_before_seconds = 0;  // valid from, the tolerated clock skew included
  int64_t expires_seconds = 0;     // valid until
};

class TokenCache {
 public:
  explicit TokenCache(size_t tokens_max) : shard_max_(tokens_max / (2 * kShards) + 1) {}

  // Null when it is not remembered. The caller checks the times.
  std::shared_ptr<const VerifiedToken> Get(absl::string_view token);
  void Put(absl::string_view token, std::shared_ptr<const VerifiedToken> verified);
  void Clear();
  size_t size();

 private:
  static constexpr size_t kShards = 16;  // chosen by the 4 highest bits of the token's hash
  using Tokens = absl::flat_hash_map<std::string, std::shared_ptr<const VerifiedToken>>;
  struct Shard {
    std::mutex mutex;
    Tokens young;
    Tokens old;
  };

  // The highest bits: the tables inside the shards live on the lowest.
  Shard& ShardOf(size_t hash) { return shards_[hash >> 60]; }
  void Insert(Shard& shard, absl::string_view token, std::shared_ptr<const VerifiedToken> verified);

  const size_t shard_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace vivier::security
