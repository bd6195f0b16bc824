#include "shared/transport/traffic.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "shared/base/error.h"

namespace vivier::transport {
namespace {

absl::Status Draining() { return Unavailable("the server is draining"); }

}  // namespace

absl::Status Traffic::Enter() {
  const int before = calls_.fetch_add(1);
  // Counted first and looked at second, so that WaitIdle cannot miss a call that saw no drain.
  if (!draining_ && before < calls_max_) return absl::OkStatus();
  Leave();
  return draining_ ? Draining() : Overloaded("calls");
}

void Traffic::Leave() {
  if (calls_.fetch_sub(1) != 1 || !draining_) return;
  absl::MutexLock lock(&mutex_);
  changed_.SignalAll();
}

absl::Status Traffic::Open(OpenStream* stream, std::weak_ptr<OpenStream> weak, bool counted,
                           const std::string& share) {
  absl::MutexLock lock(&mutex_);
  if (counted && draining_) return Draining();
  if (counted && counted_streams_ >= streams_max_) return Overloaded("streams");
  if (counted && !share.empty() && streams_of_[share] >= kStreamsPerShare)
    return Overloaded("streams");
  if (counted) ++streams_of_[share];
  streams_.emplace(stream, Entry{std::move(weak), counted, share});
  counted_streams_ += counted ? 1 : 0;
  return absl::OkStatus();
}

void Traffic::Closed(OpenStream* stream) {
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  if (found->second.counted) {
    --counted_streams_;
    const auto of = streams_of_.find(found->second.share);
    if (--of->second == 0) streams_of_.erase(of);
  }
  streams_.erase(found);
  changed_.SignalAll();
}

void Traffic::StopStreams(bool also_uncounted, const absl::Status& status) {
  std::vector<std::shared_ptr<OpenStream>> open;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [pointer, entry] : streams_) {
      if (!entry.counted && !also_uncounted) continue;
      if (std::shared_ptr<OpenStream> stream = entry.stream.lock())
        open.push_back(std::move(stream));
    }
  }
  for (const auto& stream : open) stream->Stop(status);
}

void Traffic::Released() {
  if (armed_.fetch_sub(1) != 1) return;
  absl::MutexLock lock(&mutex_);
  changed_.SignalAll();
}

void Traffic::WaitReleased() {
  absl::MutexLock lock(&mutex_);
  while (armed_ > 0) changed_.Wait(&mutex_);
}

bool Traffic::WaitIdle(absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  absl::MutexLock lock(&mutex_);
  while (!Idle()) {
    if (changed_.WaitWithDeadline(&mutex_, until)) return Idle();
  }
  return true;
}

}  // namespace vivier::transport
