// Those who ask without saying who they are: how often one of them may, and how many at a time, so
// that a crowd of strangers takes no place of those whom we know. The numbers stand here alone, for
// the gateway and for each service. Thread-safe; time is the caller's.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier {

class PublicCallers {
 public:
  struct Limits {
    // Of one address, behind which a whole school may stand: a page that shows the school and its
    // catalogue asks some twenty times, and is looked at for a while.
    int burst = 60;
    double per_second = 2;
    // What a browser has open to one host is six.
    int in_flight_of_one = 8;
    // Of all: half of a percent of what a service answers in a second.
    int burst_of_all = 400;
    double per_second_of_all = 200;
    // A thirtieth of what the gateway takes in flight: the rest is for those who sign in.
    int in_flight = 64;
  };
  // Addresses that are remembered before those are forgotten that may do all again. No more than
  // burst_of_all + per_second_of_all * burst / per_second, 6,400, cannot be forgotten.
  static constexpr size_t kAddresses = 8192;
  // What a request may hold: a name, or the filter and the page token of a list.
  static constexpr size_t kRequestBytes = 4096;
  // In a refusal, what was full.
  static constexpr char kQueue[] = "public";

  PublicCallers() : PublicCallers(Limits()) {}
  explicit PublicCallers(Limits limits);

  // A call in flight, until it is let go of; it may outlive this.
  using Place = std::shared_ptr<const void>;
  // OVERLOADED where it is one too many. `address` is the caller's as base/network.h says a line,
  // "" for all whose address nobody knows.
  absl::StatusOr<Place> Enter(absl::string_view address, absl::Time now);

  size_t addresses() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace vivier
