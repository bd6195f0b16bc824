// Holds a process to a share of one core, so that a client on the same machine can ask several
// times what it can serve. Needs a writable control group of the kernel's `cpu` controller. Not
// thread-safe.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace vivier::bench {

class Share {
 public:
  // UNAVAILABLE where no control group can be made.
  static absl::StatusOr<std::unique_ptr<Share>> Hold(pid_t process, int percent);
  ~Share();  // the group goes; its process must have ended or runs free again

 private:
  explicit Share(std::string group) : group_(std::move(group)) {}
  const std::string group_;
};

}  // namespace vivier::bench
