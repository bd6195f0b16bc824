#include "shared/queue/public_callers.h"

#include <algorithm>
#include <utility>

#include "shared/base/error.h"

namespace vivier {
namespace {

// A bucket that fills by itself and from which each call takes one.
struct Bucket {
  double left;
  absl::Time since;

  void Fill(int burst, double per_second, absl::Time now) {
    left = std::min<double>(burst,
                            left + per_second * std::max(0.0, absl::ToDoubleSeconds(now - since)));
    since = std::max(since, now);
  }
};

struct OfOne {
  Bucket bucket;
  int in_flight = 0;
};

}  // namespace

struct PublicCallers::State {
  const Limits limits;
  mutable std::mutex mutex;  // guards what follows
  Bucket all;
  int in_flight = 0;
  absl::flat_hash_map<std::string, OfOne> by_address;

  // Under the mutex.
  void ForgetTheRested(absl::Time now) {
    absl::erase_if(by_address, [&](auto& entry) {
      entry.second.bucket.Fill(limits.burst, limits.per_second, now);
      return entry.second.in_flight == 0 && entry.second.bucket.left >= limits.burst;
    });
  }

  void Leave(const std::string& address) {
    const std::lock_guard lock(mutex);
    in_flight -= 1;
    by_address.at(address).in_flight -= 1;
  }
};

PublicCallers::PublicCallers(Limits limits)
    : state_(new State{.limits = limits,
                       .mutex = {},
                       .all = {static_cast<double>(limits.burst_of_all), absl::InfinitePast()},
                       .in_flight = 0,
                       .by_address = {}}) {}

absl::StatusOr<PublicCallers::Place> PublicCallers::Enter(absl::string_view address,
                                                          absl::Time now) {
  State& state = *state_;
  const Limits& limits = state.limits;
  const std::lock_guard lock(state.mutex);
  state.all.Fill(limits.burst_of_all, limits.per_second_of_all, now);
  // Before anything is remembered of the address: so what is remembered is bounded by what is let
  // in.
  if (state.in_flight >= limits.in_flight || state.all.left < 1) return Overloaded(kQueue);
  if (state.by_address.size() >= kAddresses) state.ForgetTheRested(now);
  OfOne& one =
      state.by_address.try_emplace(address, OfOne{{static_cast<double>(limits.burst), now}, 0})
          .first->second;
  one.bucket.Fill(limits.burst, limits.per_second, now);
  if (one.in_flight >= limits.in_flight_of_one || one.bucket.left < 1) return Overloaded(kQueue);
  one.bucket.left -= 1;
  one.in_flight += 1;
  state.all.left -= 1;
  state.in_flight += 1;
  return Place(&state,
               [kept = state_, of = std::string(address)](const void*) { kept->Leave(of); });
}

size_t PublicCallers::addresses() const {
  const std::lock_guard lock(state_->mutex);
  return state_->by_address.size();
}

}  // namespace vivier
