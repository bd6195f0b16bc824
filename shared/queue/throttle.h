// Keeps a client from asking what will be refused: a refusal costs a server as much as an empty
// call, so a server that is asked five times what it can do would do nothing but refuse. While a
// caller is told OVERLOADED, it refuses the rest itself, at once:
//
// - it asks little more in a second than it is answered in one, and more and more while nothing is
//   refused (after the adaptive throttling of Beyer et al., "Site Reliability Engineering", 2016,
//   chapter 21; a rate and no probability, so that who goes on asking in vain loses nothing by it);
// - no more of its calls are on their way than are answered in half the time that a line may wait.
//   What was asked before the overload was noticed stands in the wire, in nobody's sight, and would
//   otherwise make all that follows as late as itself.
//
// Time is the caller's.
#pragma once

#include <memory>
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
  // What may be asked besides in a second, so that it never ends asking.
  static constexpr double kAlways = 10;
  // What may be on its way besides.
  static constexpr double kOnTheirWay = 4;
  // An answer that is older by this counts half.
  static constexpr absl::Duration kWindow = absl::Milliseconds(500);
  // So long after the last refusal everything is asked again.
  static constexpr absl::Duration kForgets = absl::Seconds(3);

  // Whether to ask now. What is asked ends in one of the others.
  bool MayAsk(absl::Time now);
  void Answered(absl::Time now);
  void Refused(absl::Time now);
  void Expired();

 private:
  void Age(absl::Time now);
  double AnsweredPerSecond() const;
  double AskedPerSecondMax(absl::Time now) const;
  double OnTheirWayMax(absl::Time now) const;

  int on_their_way_ = 0;
  double answered_ = 0;
  double credit_ = 0;  // how many may be asked
  absl::Time aged_ = absl::InfinitePast();
  absl::Time refused_ = absl::InfinitePast();
};

// Of all callers and methods of one server. Thread-safe.
class Throttles {
 public:
  // What all channels to the target of this process share: what one of them was told, all know.
  static std::shared_ptr<Throttles> Of(const std::string& target);

  // `caller` is what is sent as authorization.
  bool MayAsk(const std::string& caller, const std::string& path, absl::Time now);
  // What came of a call that was asked; for each one, once.
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
