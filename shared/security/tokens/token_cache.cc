#include "shared/security/tokens/token_cache.h"

#include <utility>

namespace vivier::security {

std::shared_ptr<const VerifiedToken> TokenCache::Get(absl::string_view token) {
  const size_t hash = Tokens().hash_function()(token);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(token, hash); found != shard.young.end())
    return found->second;
  const auto found = shard.old.find(token, hash);
  if (found == shard.old.end()) return nullptr;
  auto verified = found->second;
  shard.old.erase(found);
  Insert(shard, token, verified);
  return verified;
}

void TokenCache::Put(absl::string_view token, std::shared_ptr<const VerifiedToken> verified) {
  Shard& shard = ShardOf(Tokens().hash_function()(token));
  const std::lock_guard lock(shard.mutex);
  Insert(shard, token, std::move(verified));
}

void TokenCache::Insert(Shard& shard, absl::string_view token,
                        std::shared_ptr<const VerifiedToken> verified) {
  if (shard.young.size() >= shard_max_) shard.old = std::exchange(shard.young, {});
  shard.young[token] = std::move(verified);
}

void TokenCache::Clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.young.clear();
    shard.old.clear();
  }
}

size_t TokenCache::size() {
  size_t size = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    size += shard.young.size() + shard.old.size();
  }
  return size;
}

}  // namespace vivier::security
