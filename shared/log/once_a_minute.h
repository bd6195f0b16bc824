// Keeps a line that may come any number of times to one a minute. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/time/time.h"

namespace vivier {

class OnceAMinute {
 public:
  // Counts one more time. How many there were since the last line, this one included, when a line
  // is due now.
  std::optional<uint64_t> Due(absl::Time now) {
    const std::lock_guard lock(mutex_);
    ++times_;
    if (now < next_) return std::nullopt;
    next_ = now + absl::Minutes(1);
    return std::exchange(times_, 0);
  }

 private:
  std::mutex mutex_;
  absl::Time next_ = absl::InfinitePast();
  uint64_t times_ = 0;
};

}  // namespace vivier
