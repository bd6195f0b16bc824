// grpc.health.v1 as two ordinary endpoints, because gRPC's own health service is a callback
// service, and one of these in a process slows every call. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "shared/rpc/endpoint.h"

namespace vivier::transport {

class Health : public std::enable_shared_from_this<Health> {
 public:
  // `services` are full names; "", the server as a whole, is always known.
  explicit Health(const std::vector<std::string>& services)
      : services_(services.begin(), services.end()) {
    services_.insert("");
  }

  // Check and Watch. They keep the object alive.
  std::vector<rpc::Endpoint> Endpoints();

  // Tells every watcher.
  void SetServing(bool serving);

 private:
  using Watcher = std::pair<std::string, std::shared_ptr<rpc::ServerStream>>;
  void Check(absl::string_view request, rpc::Responder& responder);
  void Watch(absl::string_view request, std::shared_ptr<rpc::ServerStream> stream);
  std::shared_ptr<const std::string> StateOf(const std::string& service) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(const rpc::ServerStream* stream);

  absl::flat_hash_set<std::string> services_;
  absl::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  std::vector<Watcher> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace vivier::transport
