// Resources of other services: near cache → Redis → their owner. Works the same without Redis, or
// with a dead one, only slower; the only errors are the owner's. Callers that ask for the same name
// at once share one question to the owner. Thread-safe.
//
// What is cached may be up to 60 s old, or 2 s when no change can be heard because Redis is away
// (verifier.h says what somebody inside Redis can do to this):
// fit for existence and immutable fields, never for authorization or a decision on another
// service's changing state, nor for personal data.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/cache/counters.h"
#include "shared/cache/near.h"
#include "shared/cache/redis.h"

namespace vivier::cache {

class Layered {
 public:
  // Runs on the caller's thread, on Redis's or on the owner's answering one; must not block.
  using Callback = std::function<void(absl::StatusOr<Bytes>)>;
  using LoadedCallback = std::function<void(absl::StatusOr<Versioned>)>;
  // Asks the owner, without blocking, and calls back exactly once.
  using Loader = std::function<void(LoadedCallback)>;
  using BlockingLoader = std::function<absl::StatusOr<Versioned>()>;

  // Without `redis` there are two layers.
  Layered(size_t near_bytes_max, std::optional<Redis::Options> redis);
  // Every load that was begun must have called back.
  ~Layered();

  // `fingerprint` is SchemaFingerprint of the resource's message.
  void Fetch(const std::string& name, uint64_t fingerprint, Loader loader, Callback callback);

  // For worker threads: the same, and the loader runs on this thread. DEADLINE_EXCEEDED when
  // somebody else's load of the same name does not end in time.
  absl::StatusOr<Bytes> FetchBlocking(const std::string& name, uint64_t fingerprint,
                                      const BlockingLoader& loader, absl::Time deadline);

  // What this process knows to have changed: forgotten here, and a load that is under way is not
  // shared with anybody who asks from now on. Redis is left to the owner, who sets the new version.
  void Drop(absl::string_view name);

  // Null without Redis.
  Redis* redis() { return redis_.get(); }
  NearCache& near() { return near_; }
  const LayeredCounters& counters() const { return counters_; }

 private:
  struct Flight {
    std::string name;
    uint64_t fingerprint;
    NearCache::Ticket ticket;
    std::vector<Callback> callbacks;  // under the mutex of the Layered
  };
  using FlightPointer = std::shared_ptr<Flight>;

  // The flight that the callback's owner has to lead, or null when it joined another's.
  FlightPointer Join(const std::string& name, uint64_t fingerprint, Callback callback);
  void Land(const FlightPointer& flight, absl::StatusOr<Bytes> answer);
  Bytes KeepNear(const Flight& flight, Versioned value);
  // `begin` is when the owner was asked.
  absl::StatusOr<Bytes> KeepLoaded(const Flight& flight, absl::Time begin,
                                   absl::StatusOr<Versioned> loaded);
  void Forget();
  void CountLoad(absl::Time begin);

  const std::function<absl::Time()> now_;
  LayeredCounters counters_;
  NearCache near_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, FlightPointer> flights_;
  std::unique_ptr<Redis> redis_;  // last: its thread uses all of the above
};

}  // namespace vivier::cache
