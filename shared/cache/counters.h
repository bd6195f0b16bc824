// What the caches count. Plain atomics: the metrics read them, nothing decides by them.
#pragma once

#include <atomic>
#include <cstdint>

namespace vivier::cache {

struct NearCounters {
  std::atomic<uint64_t> hits{0}, misses{0}, puts{0}, refused_puts{0}, drops{0}, evictions{0};
};

struct RedisCounters {
  std::atomic<uint64_t> hits{0}, misses{0};
  // Values that were not believed (verifier.h), each of them a miss.
  std::atomic<uint64_t> forged_values{0}, other_schemas{0}, old_values{0}, overtaken_values{0};
  std::atomic<uint64_t> sets{0}, refused_sets{0};
  std::atomic<uint64_t> timeouts{0};  // commands that took too long; each closes the connection
  std::atomic<uint64_t> skipped{0};   // commands not sent because Redis is away or too many wait
  std::atomic<uint64_t> connects{0}, disconnects{0};
  std::atomic<uint64_t> invalidations{0};  // keys that were changed
};

struct LayeredCounters {
  std::atomic<uint64_t> loads{0};  // questions to the owner
  std::atomic<uint64_t> load_nanoseconds{0};
  std::atomic<uint64_t> joined{0};  // callers that waited for somebody else's load
};

}  // namespace vivier::cache
