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
    return;
  }
  ++counted_;
  const absl::Duration took = now - counting_since_;
  if (took < kWindow) return;
  const double measured = counted_ / absl::ToDoubleSeconds(took);
  per_second_ = per_second_ == 0 ? measured : (per_second_ + measured) / 2;
  counting_since_ = now;
  counted_ = 0;
}

void LinePace::Observe(absl::Time now, absl::Duration oldest) {
  const bool changes = overloaded_ ? oldest < kTarget / 2 : oldest > kTarget;
  if (!changes) {
    changing_since_ = absl::InfiniteFuture();
  } else if (changing_since_ == absl::InfiniteFuture()) {
    changing_since_ = now;
  } else if (now - changing_since_ >= kInterval) {
    overloaded_ = !overloaded_;
    changing_since_ = absl::InfiniteFuture();
  }
}

size_t LinePace::room() const {
  return std::max(kRoomMin, static_cast<size_t>(per_second_ * absl::ToDoubleSeconds(kTarget)));
}

}  // namespace vivier
