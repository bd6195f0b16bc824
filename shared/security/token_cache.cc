#include "shared/security/token_cache.h"

#include <utility>

namespace vivier::security {

std::shared_ptr<const VerifiedToken> TokenCache::Get(const std::string& hash) {
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(hash); found != shard.young.end()) return found->second;
  const auto found = shard.old.find(hash);
  if (found == shard.old.end()) return nullptr;
  auto token = found->second;
  shard.old.erase(found);
  Insert(shard, hash, token);
  return token;
}

void TokenCache::Put(const std::string& hash, std::shared_ptr<const VerifiedToken> token) {
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Insert(shard, hash, std::move(token));
}

void TokenCache::Insert(Shard& shard, const std::string& hash, std::shared_ptr<const VerifiedToken> token) {
  if (shard.young.size() >= shard_max_) shard.old = std::exchange(shard.young, {});
  shard.young[hash] = std::move(token);
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
