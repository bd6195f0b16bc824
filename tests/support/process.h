// The real executable as a process of its own, which a test starts, kills and starts again on the
// same data folder. What it writes is kept in a file beside the data. Not thread-safe. A process
// dies with the thread that started it, and with its object, so that no test leaves one behind.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace vivier::testing {

class Process {
 public:
  // Starts the executable, the one that VIVIER_BINARY names without one, with these arguments and
  // appends its output to the file `log`. Ends the test program with a clear message if that fails.
  Process(const std::vector<std::string>& arguments, const std::string& log,
          const std::string& executable = "");
  ~Process() { Kill(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Where this very process serves, from the note that it leaves in `data`/run; notes of those
  // before it do not count.
  // "" with a failure of the test when it ends before it serves, or does not serve within a minute.
  std::string WaitForAddress(const std::string& data, const std::string& service = "enrolment");

  bool running();
  // SIGKILL, and waits for its end. Nothing when it has ended.
  void Kill();
  void Signal(int signal);
  // SIGTERM; its exit status, or -1 with a failure of the test when it does not end in time.
  int Terminate(absl::Duration patience = absl::Seconds(30));
  // Its exit status once it ended by itself, 128 and the signal when one ended it; -1 with a
  // failure of the test when it does not end in time.
  int Wait(absl::Duration patience);

  pid_t id() const { return id_; }
  // All that processes with this log have written so far.
  std::string Log() const;

 private:
  pid_t id_ = -1;  // -1 once its end was taken note of
  int status_ = -1;
  std::string log_;
};

// Runs the executable to its end: its exit status; `output` gets what it printed.
int RunToEnd(const std::vector<std::string>& arguments, std::string* output = nullptr,
             absl::Duration patience = absl::Minutes(2), const std::string& executable = "");

// A port of the loopback address that is free at this moment.
int FreePort();

// Bytes that were sent to whoever listens on that port and that they have not read.
int64_t UnreadBytes(int port);

}  // namespace vivier::testing
