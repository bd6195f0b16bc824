// What is believed of Redis. Whoever can write to it can replace any value; so a value carries a
// MAC (value.h), which a forged, changed or moved one has not. What is left to them is to put back
// an old value under its own key, and that is bounded twice:
//
//   - By its age: 60 s after its owner was asked for it nobody believes a value any more.
//   - By what this process has heard: once a change was announced, what was loaded before it is
//     refused. That one second more is refused too is for clocks of machines that differ.
//
// So a process that hears the announcements never goes back behind one; where they are kept from
// it, what it believes is 60 s old at most, and as much more as the clocks differ. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/cache/counters.h"
#include "shared/cache/value.h"
#include "shared/log/log_limit.h"
#include "shared/security/encryption.h"

namespace vivier::cache {

// The greatest age of a value, counted from when its owner was asked.
inline constexpr absl::Duration kAgeMax = absl::Seconds(60);

// By how much the clocks of a school's machines may differ.
inline constexpr absl::Duration kClocksDiffer = absl::Seconds(1);

class Verifier {
 public:
  // `now` is the machine's time: it is compared with that of other processes.
  Verifier(const security::Key& mac_key, std::function<absl::Time()> now, RedisCounters& counters)
      : mac_key_(mac_key), now_(std::move(now)), counters_(counters) {}

  enum class Verdict {
    kBelieved,
    kForged,       // no process of the school has written this under this key
    kOtherSchema,  // a process with other messages has
    kOld,          // older than any that is set, or from the future
    kOvertaken,    // loaded before a change that was heard
  };
  // Counts what is not believed, and logs it once a minute. `value` is set when it is believed.
  Verdict Judge(absl::string_view key, uint64_t fingerprint, absl::string_view bytes,
                std::optional<Versioned>& value);

  // A change of the key's resource is known: nothing loaded before now is believed.
  void Changed(absl::string_view key);

  absl::Time Now() const { return now_(); }

 private:
  Verdict Decide(absl::string_view key, uint64_t fingerprint, const Decoded& decoded) const;
  void Tell(Verdict verdict, absl::string_view key);

  // Keys share the time of the last change by their hash: it costs a miss and bounds the memory.
  static size_t SlotOf(absl::string_view key);

  const security::Key mac_key_;
  const std::function<absl::Time()> now_;
  RedisCounters& counters_;
  std::array<std::atomic<int64_t>, 1024> changed_at_ = {};  // milliseconds since 1970
  LogLimit told_{1, absl::Minutes(1)};
};

}  // namespace vivier::cache
