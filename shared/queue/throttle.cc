#include "shared/queue/throttle.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier {

bool Throttle::MayAsk(absl::Time now) {
  Age(now);
  ++wanted_;
  if (now - refused_ > kForgets) return true;
  credit_ += std::min(1., (kAsked * answered_ + kAlways) / wanted_);
  if (credit_ < 1) return false;
  --credit_;
  return true;
}

void Throttle::Answered(absl::Time now) {
  Age(now);
  ++answered_;
}

void Throttle::Age(absl::Time now) {
  const double left = std::exp2(-absl::FDivDuration(now - aged_, kWindow));
  aged_ = now;
  wanted_ *= left;
  answered_ *= left;
}

Throttle& Throttles::Find(const std::string& caller, const std::string& path) {
  if (throttles_.size() >= kThrottlesMax) throttles_.clear();
  return throttles_[absl::StrCat(path, " ", caller)];
}

bool Throttles::MayAsk(const std::string& caller, const std::string& path, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(caller, path).MayAsk(now);
}

void Throttles::Learn(const std::string& caller, const std::string& path,
                      const absl::Status& status, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (absl::IsResourceExhausted(status) && ReasonOf(status) == "OVERLOADED") {
    Find(caller, path).Refused(now);
  } else if (!absl::IsDeadlineExceeded(status)) {
    Find(caller, path).Answered(now);
  }
}

}  // namespace vivier
