#include "shared/transport/throttle.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::transport {

bool Throttle::MayAsk(absl::Time now) {
  Age(now);
  if (asked_ >= kAsked * answered_ + kAlways) return false;
  ++asked_;
  return true;
}

void Throttle::Answered(absl::Time now) {
  Age(now);
  ++answered_;
}

void Throttle::Age(absl::Time now) {
  const double left = std::exp2(-absl::FDivDuration(now - aged_, kWindow));
  aged_ = now;
  asked_ *= left;
  answered_ *= left;
}

bool Throttles::MayAsk(const std::string& caller, const std::string& path, absl::Time now) {
  if (Idle(now)) return true;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = throttles_.find(absl::StrCat(path, " ", caller));
  return found == throttles_.end() || found->second.MayAsk(now);
}

void Throttles::Learn(const std::string& caller, const std::string& path,
                      const absl::Status& status, absl::Time now) {
  const bool refused = absl::IsResourceExhausted(status) && ReasonOf(status) == "OVERLOADED";
  if (!refused && Idle(now)) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Idle(now) || throttles_.size() >= kThrottlesMax) throttles_.clear();
  const std::string key = absl::StrCat(path, " ", caller);
  if (refused) {
    throttles_[key];
    until_ = absl::ToUnixNanos(now + kForgets);
  } else if (const auto found = throttles_.find(key); found != throttles_.end() && status.ok()) {
    found->second.Answered(now);
  }
}

}  // namespace vivier::transport
