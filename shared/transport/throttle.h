// Keeps a client from asking what will be refused: a refusal costs a server as much as an empty
// call, so a server that is asked five times what it can do would do nothing but refuse. While a
// caller is told OVERLOADED, it asks little more than what it is answered, and refuses the rest
// itself, at once (adaptive throttling: Beyer et al., "Site Reliability Engineering", 2016, chapter
// 21). Time is the caller's.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vivier::transport {

// Of one caller and method. Not thread-safe.
class Throttle {
 public:
  // What is asked for one that is answered: a little more, to notice when there is more room.
  static constexpr double kAsked = 1.25;
  // What may be asked besides in a window, so that it never ends asking.
  static constexpr double kAlways = 8;
  // What is older by this counts half.
  static constexpr absl::Duration kWindow = absl::Milliseconds(500);

  // Whether to ask now; counts it if so.
  bool MayAsk(absl::Time now);
  void Answered(absl::Time now);

 private:
  void Age(absl::Time now);

  double asked_ = 0;
  double answered_ = 0;
  absl::Time aged_ = absl::InfinitePast();
};

// Of all callers and methods of one channel. Costs nothing until somebody is refused. Thread-safe.
class Throttles {
 public:
  // So long after the last refusal everything is asked again.
  static constexpr absl::Duration kForgets = absl::Seconds(3);

  // `caller` is what is sent as authorization.
  bool MayAsk(const std::string& caller, const std::string& path, absl::Time now);
  // What came of a call that was asked.
  void Learn(const std::string& caller, const std::string& path, const absl::Status& status,
             absl::Time now);

 private:
  // More than a portal has callers at a time; beyond it all are forgotten.
  static constexpr size_t kThrottlesMax = 4096;
  bool Idle(absl::Time now) const { return absl::ToUnixNanos(now) > until_; }

  std::atomic<int64_t> until_{INT64_MIN};  // in nanoseconds; later nobody is held back
  std::mutex mutex_;
  absl::flat_hash_map<std::string, Throttle> throttles_;  // guarded by mutex_; whoever was refused
};

}  // namespace vivier::transport
