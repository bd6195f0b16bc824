#include "shared/site/ending.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/log/log.h"

namespace vivier::site {
namespace {

// Composed beforehand: a handler may not, and a thread that hangs may hold the log.
std::string& LastLine() {
  static auto& line = *new std::string;
  return line;
}

void CutOff(int) {
  const std::string& line = LastLine();
  // Nobody is left to hear of a log that cannot be written.
  static_cast<void>(write(STDERR_FILENO, line.data(), line.size()) < 0);
  _exit(kStopCutOff);
}

}  // namespace

void LimitStop(absl::string_view service, unsigned seconds) {
  const std::string limit = absl::StrCat(seconds);
  LastLine() =
      LogLine(absl::Now(), LogLevel::kError, service, "",
              "the stop begun at this time took too long and was cut off; what was not answered is "
              "unknown to its caller",
              {{"limit_seconds", limit}}) +
      "\n";
  struct sigaction action = {};
  action.sa_handler = &CutOff;
  sigaction(SIGALRM, &action, nullptr);
  alarm(seconds);
}

void EndProcess(int status) {
  std::fflush(nullptr);
  _exit(status);
}

}  // namespace vivier::site
