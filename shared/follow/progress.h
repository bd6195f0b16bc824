// How far one follower has come in its producer's log, as far as it can know: what it applied,
// where the log ended when it was last heard of, and since when the oldest event waits. Kept
// outside the follower, so that whoever reports it may outlive it. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "absl/time/time.h"

namespace vivier::follow {

class Progress {
 public:
  // A living log says something every two seconds (log.proto); after a longer silence nobody can
  // know that nothing waits there.
  static constexpr absl::Duration kSilenceMax = absl::Seconds(6);

  struct Lag {
    int64_t events = 0;
    absl::Duration time;  // that the oldest of them waits, or that the log is silent
    bool forked = false;
  };

  // Until the log says something, it is silent since `begin`.
  explicit Progress(absl::Time begin) : heard_(begin) {}

  // The follower begins behind event `number`.
  void Begin(int64_t number) {
    const std::lock_guard lock(mutex_);
    applied_ = number;
  }
  // The log ends with event `last`.
  void Hear(int64_t last, absl::Time now) {
    const std::lock_guard lock(mutex_);
    last_ = last;
    heard_ = now;
  }
  // Nothing else has happened there.
  void Hear(absl::Time now) {
    const std::lock_guard lock(mutex_);
    heard_ = now;
  }
  // The oldest event that is not applied was made at `created`.
  void Wait(absl::Time created) {
    const std::lock_guard lock(mutex_);
    waiting_ = created;
  }
  void Apply(int64_t number) {
    const std::lock_guard lock(mutex_);
    applied_ = number;
  }
  void Fork() {
    const std::lock_guard lock(mutex_);
    forked_ = true;
  }

  int64_t applied() const {
    const std::lock_guard lock(mutex_);
    return applied_;
  }
  bool forked() const {
    const std::lock_guard lock(mutex_);
    return forked_;
  }

  // The log's own clock may be ahead of the one that Hear is told.
  Lag At(absl::Time now, absl::Time log_now) const {
    const std::lock_guard lock(mutex_);
    Lag lag{std::max<int64_t>(0, last_ - applied_), now - heard_, forked_};
    if (lag.time <= kSilenceMax) lag.time = absl::ZeroDuration();
    if (lag.events > 0) lag.time = std::max(lag.time, log_now - waiting_);
    return lag;
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  int64_t applied_ = 0;
  int64_t last_ = 0;
  absl::Time heard_;
  absl::Time waiting_ = absl::InfiniteFuture();
  bool forked_ = false;
};

}  // namespace vivier::follow
