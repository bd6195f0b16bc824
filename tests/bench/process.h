// A child process that says on its standard output when it is ready, and ends with its parent at
// the latest. Not thread-safe; children are started before the first gRPC call of the parent, which
// a fork would not survive.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vivier::bench {

// Of all its threads, user and system, so far. 0 once the process is gone.
double ProcessorSeconds(pid_t process);

class Process {
 public:
  // Runs `words` and waits for a line that contains `ready`. UNAVAILABLE when the program is not
  // there, ends or says nothing within half a minute.
  static absl::StatusOr<std::unique_ptr<Process>> Start(std::vector<std::string> words,
                                                        const std::string& ready);
  ~Process();  // SIGTERM, then waits for the end

  pid_t id() const { return id_; }
  // The line that said so.
  const std::string& ready_line() const { return ready_line_; }

 private:
  Process(pid_t id, int output) : id_(id), output_(output) {}
  bool ReadUntil(const std::string& ready);

  const pid_t id_;
  const int output_;  // stays open, so that the child can go on printing
  std::string ready_line_;
};

}  // namespace vivier::bench
