// The calls in progress of one server: how many, whether more may come, and which streams are open.
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace vivier::transport {

// A stream as the drain sees it.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void Stop(const absl::Status& status) = 0;
};

class Traffic {
 public:
  // A follower has one for each process that it follows.
  static constexpr int kStreamsPerShare = 64;

  Traffic(int calls_max, int streams_max) : calls_max_(calls_max), streams_max_(streams_max) {}

  // Counts a unary call, or says why it may not begin: RESOURCE_EXHAUSTED with a RetryInfo, or
  // UNAVAILABLE while draining. Each OK is followed by one Leave.
  absl::Status Enter();
  void Leave();

  // The same for streams. `counted` is false for health watches, which pass every limit and end
  // with the server.
  // `share` is who asks, "" for ourselves: nobody else holds more than kStreamsPerShare.
  absl::Status Open(OpenStream* stream, std::weak_ptr<OpenStream> weak, bool counted,
                    const std::string& share);
  void Closed(OpenStream* stream);

  // Every call that gRPC knows of, from its arming to its last tag. A queue may be shut down only
  // when none is left: starting an operation on a closed queue aborts the process.
  void Armed() { ++armed_; }
  void Released();
  void WaitReleased();

  // From now on nothing more enters.
  void Drain() { draining_ = true; }
  // Ends the counted streams, or all.
  void StopStreams(bool also_uncounted, const absl::Status& status);
  // True when no counted call or stream is left; false when `timeout` passed first.
  bool WaitIdle(absl::Duration timeout);

 private:
  struct Entry {
    std::weak_ptr<OpenStream> stream;
    bool counted;
    std::string share;
  };
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return calls_ == 0 && counted_streams_ == 0;
  }

  const int calls_max_;
  const int streams_max_;
  std::atomic<int> calls_{0};
  std::atomic<int> armed_{0};
  std::atomic<bool> draining_{false};
  absl::Mutex mutex_;
  absl::CondVar changed_;
  absl::flat_hash_map<OpenStream*, Entry> streams_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> streams_of_ ABSL_GUARDED_BY(mutex_);  // by share
  int counted_streams_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace vivier::transport
