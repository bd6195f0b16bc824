// The cache nearest to the caller: the serialized bytes of answers, by resource name, in this
// process. An answer goes out as it is, without being parsed. Bounded by bytes: the oldest goes
// first unless it was used meanwhile (second chance, which touches less memory at a look-up than a
// list in the order of use). Every operation is O(1), amortised. Thread-safe: 16 shards with a
// short lock each.
//
// A reader must not put what it read before somebody changed it:
//
//   NearCache::Ticket ticket = near.TicketFor(name);   // before the read
//   … read name from the database …
//   near.Put(ticket, name, version, bytes);  // does nothing if name was dropped meanwhile
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/cache/counters.h"

namespace vivier::cache {

using Bytes = std::shared_ptr<const std::string>;

class NearCache {
 public:
  explicit NearCache(size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}
  NearCache(const NearCache&) = delete;
  NearCache& operator=(const NearCache&) = delete;

  // The bytes, or null.
  Bytes Get(absl::string_view name);

  struct Ticket {
    uint64_t generation;
  };
  Ticket TicketFor(absl::string_view name);

  // Keeps the bytes for at most `life`. Refused (false) when the name was dropped since the ticket
  // was taken, when an equal or newer version is there, or when the entry is too large for its
  // shard.
  bool Put(Ticket ticket, absl::string_view name, uint64_t version, Bytes bytes,
           absl::Duration life = absl::InfiniteDuration());

  // Forgets the name, and refuses what is being read of it at this moment.
  void Drop(absl::string_view name);

  // Drops everything.
  void Clear();

  size_t bytes();  // in use, keys and bookkeeping included
  const NearCounters& counters() const { return counters_; }

 private:
  static constexpr size_t kShards = 16;  // chosen by the 4 highest bits of the name's hash
  static constexpr size_t kSlots =
      256;  // generations per shard; names that share a slot cost a refused put
  static constexpr size_t kEntryOverhead =
      160;  // list node, table slot, shared pointer's block: estimated

  struct Entry {
    std::string name;
    uint64_t version;
    Bytes bytes;
    int64_t expires;  // steady clock in nanoseconds
    bool is_used;     // since it was put, or since it last escaped eviction
  };
  using Entries = std::list<Entry>;
  using Names = absl::flat_hash_map<absl::string_view, Entries::iterator>;
  struct Shard {
    std::mutex mutex;
    Entries entries;  // the newest first
    Names by_name;
    size_t bytes = 0;
    std::array<uint64_t, kSlots> generations = {};
  };
  struct Place {
    Shard& shard;
    size_t slot;
    size_t hash;
  };

  Place PlaceOf(absl::string_view name);
  static size_t SizeOf(const Entry& entry) {
    return entry.name.size() + entry.bytes->size() + kEntryOverhead;
  }
  void EvictOne(Shard& shard);
  static void Remove(Shard& shard, Entries::iterator entry);

  const size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
  NearCounters counters_;
};

}  // namespace vivier::cache
