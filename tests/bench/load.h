// A number of callers who each wait for their answer before they ask again, over a few connections,
// without a thread for each: what a client of the wire sees. Drive blocks; not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/service/channel.h"

namespace vivier::bench {

// A server as the load sees it.
struct Target {
  std::vector<std::shared_ptr<rpc::Channel>> channels;
  std::string authorization;
  pid_t process = 0;
};

// Connects `connections` times to the process that listens there.
// `holds_back`: as our channels do when they are told of an overload.
Target Dial(pid_t process, const std::string& address, const std::string& authorization,
            int connections, bool holds_back = true);

struct Load {
  const Target* target;
  std::string path;  // "/package.Service/Method"
  int callers;
  // The next request's bytes, nullopt when there is none left. Called under a lock.
  std::function<std::optional<std::string>()> next;
};

struct Outcome {
  absl::Time start, end;  // of the first request and the last answer
  int answers = 0;
  double processor_seconds = 0;      // of the server
  std::vector<double> microseconds;  // that each answer took
  double per_second() const { return answers / absl::ToDoubleSeconds(end - start); }
  double processor_us() const { return processor_seconds * 1e6 / answers; }
};

// Asks for `time` or until `next` has nothing more; waits for every answer. The first error that
// came back, if any; what is refused for load is neither an answer nor an error.
absl::StatusOr<Outcome> Drive(const Load& load, absl::Duration time);

}  // namespace vivier::bench
