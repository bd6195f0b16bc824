// Keeps a client from asking what will be refused: a refusal costs a server as much as an empty
// call, so a server that is asked five times what it can do would do nothing but refuse. While a
// caller is told OVERLOADED, it asks little more than what it is answered, and refuses the rest
// itself, at once (adaptive throttling: Beyer et al., "Site Reliability Engineering", 2016, chapter
// 21). Time is the caller's.
#pragma once

#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace vivier {

// Of one caller and method. Not thread-safe.
class Throttle {
 public:
  // What is asked for one that is answered: a little more, to notice when there is more room.
  static constexpr double kAsked = 1.25;
  // What may be asked besides in a window, so that it never ends asking.
  static constexpr double kAlways = 8;
  // What is older by this counts half.
  static constexpr absl::Duration kWindow = absl::Milliseconds(500);
  // So long after the last refusal everything is asked again.
  static constexpr absl::Duration kForgets = absl::Seconds(3);

  // Whether to ask now.
  bool MayAsk(absl::Time now);
  void Answered(absl::Time now);
  void Refused(absl::Time now) { refused_ = now; }

 private:
  void Age(absl::Time now);

  double wanted_ = 0;  // asked or held back
  double answered_ = 0;
  double credit_ = 0;  // a whole one is for one that is asked
  absl::Time aged_ = absl::InfinitePast();
  absl::Time refused_ = absl::InfinitePast();
};

// Of all callers and methods of one channel. Thread-safe.
class Throttles {
 public:
  // `caller` is what is sent as authorization.
  bool MayAsk(const std::string& caller, const std::string& path, absl::Time now);
  // What came of a call that was asked.
  void Learn(const std::string& caller, const std::string& path, const absl::Status& status,
             absl::Time now);

 private:
  // More than a portal has callers at a time; beyond it all are forgotten.
  static constexpr size_t kThrottlesMax = 4096;
  Throttle& Find(const std::string& caller, const std::string& path);  // under the mutex

  std::mutex mutex_;
  absl::flat_hash_map<std::string, Throttle> throttles_;  // guarded by mutex_
};

}  // namespace vivier
