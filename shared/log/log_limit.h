// Keeps what outsiders can cause as often as they like from flooding the log: so many lines a
// second, or another span, counted by the clock. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "absl/time/time.h"

namespace vivier {

class LogLimit {
 public:
  explicit LogLimit(int lines_max, absl::Duration span = absl::Seconds(1))
      : lines_max_(lines_max), span_(span) {}

  // How many lines were left out since the last one that was written, when one may be written now.
  std::optional<uint64_t> Enter(absl::Time now) {
    const std::lock_guard lock(mutex_);
    absl::Duration rest;
    if (const int64_t current = absl::IDivDuration(now - absl::UnixEpoch(), span_, &rest);
        current != current_) {
      current_ = current;
      lines_ = 0;
    }
    if (lines_ == lines_max_) {
      ++left_out_;
      return std::nullopt;
    }
    ++lines_;
    const uint64_t left_out = left_out_;
    left_out_ = 0;
    return left_out;
  }

 private:
  const int lines_max_;
  const absl::Duration span_;
  std::mutex mutex_;     // guards what follows
  int64_t current_ = 0;  // span since 1970
  int lines_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace vivier
