// A completion queue, its tags, and the one thread that polls it. Only that thread begins
// operations of unary calls: sending an answer costs a system call and more, a third of a small
// write, and the writer's thread has others waiting. Run is thread-safe.
//
// While the thread keeps up, a call is begun as soon as it is taken. Once a slice it collects all
// that has come, then serves for a slice, and so on until nothing waits.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "shared/queue/fair_line.h"

namespace vivier::transport {

// A tag on the completion queue. Its address is the tag.
class Event {
 public:
  virtual void Happened(bool ok) = 0;

 protected:
  ~Event() = default;
};

template <class Owner>
class Tag final : public Event {
 public:
  using Method = void (Owner::*)(bool ok);
  Tag(Owner& owner, Method method) : owner_(owner), method_(method) {}
  void Happened(bool ok) override { (owner_.*method_)(ok); }

 private:
  Owner& owner_;
  const Method method_;
};

class WaitingCall {
 public:
  virtual ~WaitingCall() = default;
  virtual void Begin() = 0;
  // RESOURCE_EXHAUSTED, at the least cost.
  virtual void Shed() = 0;
};

// Unary calls that have arrived and are not begun. They are taken off gRPC as they come, so that
// their waiting is seen; served in turns between those who ask; and, while more comes than is
// served, refused before anything of them is parsed. Used on the polling thread only.
class WaitingCalls {
 public:
  // How long calls are served, at least, before the wire is looked at again.
  static constexpr absl::Duration kSlice = absl::Milliseconds(1);

  // `since` is when it may have come.
  void Add(absl::string_view share, std::shared_ptr<WaitingCall> call, absl::Time since) {
    line_.Add(share, std::move(call), since);
  }
  // Sheds what is too much, then begins calls for as long as has passed since `start`.
  void Serve(absl::Time start);
  bool empty() const { return line_.empty(); }

 private:
  FairLine<std::shared_ptr<WaitingCall>> line_;
};

class PollingQueue {
 public:
  using Task = std::function<void()>;

  explicit PollingQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}

  grpc::ServerCompletionQueue& queue() { return *queue_; }
  // Both on the polling thread. While it collects, a call that arrives waits for its turn.
  bool collecting() const { return collecting_; }
  WaitingCalls& waiting() { return waiting_; }
  // When nothing had come but what was taken: what comes now has waited since then, at most.
  absl::Time looked() const { return looked_; }
  // How often the thread came round: it stands still only while the thread is stuck, or has nothing
  // to do.
  uint64_t beats() const { return beats_; }

  void Start();
  // Runs the task on the polling thread, in the order of the calls; at once when this is the
  // polling thread.
  void Run(Task task);
  // After the last call has ended: no task may come any more.
  void Shutdown();

 private:
  void Poll();
  bool Next();
  bool Collect();
  void Woken(bool ok);

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  bool collecting_ = false;
  absl::Time looked_;
  WaitingCalls waiting_;
  std::atomic<uint64_t> beats_{0};
  std::thread thread_;
  Tag<PollingQueue> woken_{*this, &PollingQueue::Woken};
  grpc::Alarm alarm_;  // set when the first task is left and not again before it rang
  absl::Mutex mutex_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace vivier::transport
