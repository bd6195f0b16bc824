#include "shared/queue/fair_line.h"

namespace vivier {
namespace {

// Long enough for a few batches of a writer, short against the interval.
constexpr absl::Duration kWindow = absl::Milliseconds(20);
// A line that was never measured, or stands still, still lets somebody try.
constexpr size_t kRoomMin = 4;

}  // namespace

void LinePace::Served(absl::Time now, bool others_wait) {
  if (!others_wait && !overloaded_) {
    counting_ = false;
    return;
  }
  if (!counting_) {
    counting_ = true;
    counting_since_ = now;
    counted_ = 0;
    measured_ = false;
  } else if (const absl::Duration took = now - counting_since_; took >= kWindow) {
    const double measured = counted_ / absl::ToDoubleSeconds(took);
    per_second_ = per_second_ == 0 ? measured : (per_second_ + measured) / 2;
    measured_ = true;
    counting_since_ = now;
    counted_ = 0;
  }
  ++counted_;  // after the window, so that it holds whole batches
}

void LinePace::NotServed() {
  if (counting_ && counted_ > 0) --counted_;
}

void LinePace::Observe(absl::Time now, size_t waiting, absl::Duration oldest) {
  const bool changes = overloaded_ ? oldest < kTarget / 2 : oldest > kTarget;
  if (!overloaded_ && Hopeless(waiting, oldest)) {
    overloaded_ = true;
    changing_since_ = absl::InfiniteFuture();
  } else if (!changes) {
    changing_since_ = absl::InfiniteFuture();
  } else if (changing_since_ == absl::InfiniteFuture()) {
    changing_since_ = now;
  } else if (now - changing_since_ >= kInterval) {
    overloaded_ = !overloaded_;
    changing_since_ = absl::InfiniteFuture();
  }
}

// One who has waited for the whole interval need not be seen twice. After a standstill, which says
// nothing about the pace, the line is first looked at while it is served.
bool LinePace::Hopeless(size_t waiting, absl::Duration oldest) const {
  return measured_ &&
         (oldest > kTarget + kInterval ||
          static_cast<double>(waiting) > per_second_ * absl::ToDoubleSeconds(kHopeless));
}

size_t LinePace::room() const {
  return std::max(kRoomMin, static_cast<size_t>(per_second_ * absl::ToDoubleSeconds(kTarget)));
}

}  // namespace vivier
