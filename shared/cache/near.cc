#include "shared/cache/near.h"

#include <chrono>
#include <limits>
#include <utility>

namespace vivier::cache {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t Now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

void Count(std::atomic<uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

NearCache::Place NearCache::PlaceOf(absl::string_view name) {
  // The highest bits: the tables inside the shards live on the lowest.
  const size_t hash = Names().hash_function()(name);
  return {shards_[hash >> 60], hash >> 52 & (kSlots - 1), hash};
}

void NearCache::Remove(Shard& shard, Entries::iterator entry) {
  shard.bytes -= SizeOf(*entry);
  shard.by_name.erase(entry->name);
  shard.entries.erase(entry);
}

// Second chance: what was used since it came to the end starts again at the front.
void NearCache::EvictOne(Shard& shard) {
  Entries::iterator last = std::prev(shard.entries.end());
  while (last->is_used) {
    last->is_used = false;
    shard.entries.splice(shard.entries.begin(), shard.entries, last);
    last = std::prev(shard.entries.end());
  }
  Remove(shard, last);
  Count(counters_.evictions);
}

Bytes NearCache::Get(absl::string_view name) {
  const Place place = PlaceOf(name);
  Shard& shard = place.shard;
  {
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.by_name.find(name, place.hash);
    if (found != shard.by_name.end()) {
      const Entries::iterator entry = found->second;
      // The clock is read only for what can expire: it costs as much as the rest of the look-up.
      if (entry->expires == kNever || entry->expires > Now()) {
        entry->is_used = true;
        Count(counters_.hits);
        return entry->bytes;
      }
      Remove(shard, entry);
    }
  }
  Count(counters_.misses);
  return nullptr;
}

NearCache::Ticket NearCache::TicketFor(absl::string_view name) {
  const Place place = PlaceOf(name);
  const std::lock_guard lock(place.shard.mutex);
  return {place.shard.generations[place.slot]};
}

bool NearCache::Put(Ticket ticket, absl::string_view name, uint64_t version, Bytes bytes,
                    absl::Duration life) {
  const int64_t expires =
      life == absl::InfiniteDuration() ? kNever : Now() + absl::ToInt64Nanoseconds(life);
  const Place place = PlaceOf(name);
  Shard& shard = place.shard;
  Entry entry{std::string(name), version, std::move(bytes), expires, false};
  const size_t size = SizeOf(entry);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_name.find(name);
  if (shard.generations[place.slot] != ticket.generation || size > shard_bytes_max_ ||
      (found != shard.by_name.end() && found->second->version >= version &&
       found->second->expires > Now())) {
    Count(counters_.refused_puts);
    return false;
  }
  if (found != shard.by_name.end()) Remove(shard, found->second);
  while (shard.bytes + size > shard_bytes_max_) EvictOne(shard);
  shard.entries.push_front(std::move(entry));
  shard.by_name.emplace(shard.entries.front().name, shard.entries.begin());
  shard.bytes += size;
  Count(counters_.puts);
  return true;
}

void NearCache::Drop(absl::string_view name) {
  const Place place = PlaceOf(name);
  const std::lock_guard lock(place.shard.mutex);
  ++place.shard.generations[place.slot];
  const auto found = place.shard.by_name.find(name);
  if (found != place.shard.by_name.end()) Remove(place.shard, found->second);
  Count(counters_.drops);
}

void NearCache::Clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (uint64_t& generation : shard.generations) ++generation;
    shard.by_name.clear();
    shard.entries.clear();
    shard.bytes = 0;
  }
}

size_t NearCache::bytes() {
  size_t bytes = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    bytes += shard.bytes;
  }
  return bytes;
}

}  // namespace vivier::cache
