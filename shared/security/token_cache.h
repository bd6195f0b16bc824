// Remembers tokens that were verified, so that the signature is checked once and not at every call. Bounded: two
// generations per shard, the older one is dropped when the younger one is full, and an entry in use moves to the
// younger one. Thread-safe; a look-up takes one short lock of one of 16 shards.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "shared/rpc/caller.h"

namespace vivier::security {

struct VerifiedToken {
  rpc::Caller caller;
  int64_t not_before_seconds = 0;  // valid from, the tolerated clock skew included
  int64_t expires_seconds = 0;     // valid until
};

class TokenCache {
 public:
  explicit TokenCache(size_t tokens_max) : shard_max_(tokens_max / (2 * kShards) + 1) {}

  // By the SHA-256 of the whole token; null when it is not remembered. The caller checks the times.
  std::shared_ptr<const VerifiedToken> Get(const std::string& hash);
  void Put(const std::string& hash, std::shared_ptr<const VerifiedToken> token);
  void Clear();
  size_t size();

 private:
  static constexpr size_t kShards = 16;
  using Tokens = absl::flat_hash_map<std::string, std::shared_ptr<const VerifiedToken>>;
  struct Shard {
    std::mutex mutex;
    Tokens young;
    Tokens old;
  };

  Shard& ShardOf(const std::string& hash) { return shards_[static_cast<unsigned char>(hash[0]) % kShards]; }
  void Insert(Shard& shard, const std::string& hash, std::shared_ptr<const VerifiedToken> token);

  const size_t shard_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace vivier::security
