#include "shared/queue/throttle.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/queue/fair_line.h"

namespace vivier {
namespace {

// The server tells of an overload within this time. Until then twice as much may be asked, again
// and again, up to what is no bound any more.
constexpr absl::Duration kDoubles = absl::Milliseconds(100);
constexpr double kDoubledMax = 10;

// gRPC gives no reason when the server has no memory left for calls.
bool IsOverload(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return false;
  const std::string reason = ReasonOf(status);
  return reason == "OVERLOADED" || reason.empty();
}

}  // namespace

bool Throttle::MayAsk(absl::Time now) {
  Age(now);
  if (now - refused_ <= kForgets) {
    const double most = OnTheirWayMax(now);
    credit_ = std::min(credit_, most);
    if (on_their_way_ >= most || credit_ < 1) return false;
    --credit_;
  }
  ++on_their_way_;
  return true;
}

void Throttle::Answered(absl::Time now) {
  Expired();
  Age(now);
  ++answered_;
}

void Throttle::Refused(absl::Time now) {
  Expired();
  refused_ = now;
}

void Throttle::Expired() { on_their_way_ = std::max(0, on_their_way_ - 1); }

double Throttle::AnsweredPerSecond() const {
  return answered_ * std::log(2) / absl::ToDoubleSeconds(kWindow);
}

double Throttle::AskedPerSecondMax(absl::Time now) const {
  const double doubled = std::min(absl::FDivDuration(now - refused_, kDoubles), kDoubledMax);
  return (kAsked * AnsweredPerSecond() + kAlways) * std::exp2(doubled);
}

// Those who are answered in half the time that a line may wait (Little's law), by which the server
// calms down. It grows until the next refusal, so that what takes longer by itself is not held back
// for long.
double Throttle::OnTheirWayMax(absl::Time now) const {
  const double grown = std::exp2(absl::FDivDuration(now - refused_, kWindow));
  return kOnTheirWay + AnsweredPerSecond() * absl::ToDoubleSeconds(LinePace::kTarget / 2) * grown;
}

void Throttle::Age(absl::Time now) {
  const absl::Duration age = now - aged_;
  aged_ = now;
  credit_ += AskedPerSecondMax(now) * absl::ToDoubleSeconds(age);
  answered_ *= std::exp2(-absl::FDivDuration(age, kWindow));
}

std::shared_ptr<Throttles> Throttles::Of(const std::string& target) {
  static std::mutex& mutex = *new std::mutex;
  static auto& by_target = *new absl::flat_hash_map<std::string, std::weak_ptr<Throttles>>;
  const std::lock_guard<std::mutex> lock(mutex);
  std::weak_ptr<Throttles>& known = by_target[target];
  std::shared_ptr<Throttles> throttles = known.lock();
  if (throttles == nullptr) known = throttles = std::make_shared<Throttles>();
  return throttles;
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
  Throttle& throttle = Find(caller, path);
  if (absl::IsDeadlineExceeded(status)) return throttle.Expired();
  IsOverload(status) ? throttle.Refused(now) : throttle.Answered(now);
}

}  // namespace vivier
