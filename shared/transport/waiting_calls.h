// Unary calls that have arrived and are not begun, of one polling thread. They are taken off gRPC
// as they come, so that their waiting is seen; served in turns between those who ask; and, while
// more comes than is served, refused before anything of them is parsed (shared/base/fair_line.h).
// Used on the polling thread only.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "shared/base/fair_line.h"

namespace vivier::transport {

class WaitingCall {
 public:
  virtual ~WaitingCall() = default;
  virtual void Begin() = 0;
  // RESOURCE_EXHAUSTED, at the least cost.
  virtual void Shed() = 0;
};

class WaitingCalls {
 public:
  // How long calls are served, at least, before the wire is looked at again.
  static constexpr absl::Duration kSlice = absl::Milliseconds(1);

  void Add(absl::string_view share, std::shared_ptr<WaitingCall> call, absl::Time now) {
    line_.Add(share, std::move(call), now);
  }
  // Sheds what is too much, then begins calls for so long.
  void Serve(absl::Duration slice);
  bool empty() const { return line_.empty(); }

 private:
  FairLine<std::shared_ptr<WaitingCall>> line_;
};

}  // namespace vivier::transport
