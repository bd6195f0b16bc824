#include "tests/bench/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "shared/base/error.h"

namespace vivier::bench {
namespace {

constexpr int kReadyMilliseconds = 30'000;

[[noreturn]] void Become(const std::vector<std::string>& words, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

double ProcessorSeconds(pid_t process) {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

absl::StatusOr<std::unique_ptr<Process>> Process::Start(std::vector<std::string> words,
                                                        const std::string& ready) {
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) return Unavailable("no pipe");
  const pid_t id = fork();
  if (id < 0) return Unavailable("no child process");
  if (id == 0) Become(words, output[1]);
  close(output[1]);
  std::unique_ptr<Process> process(new Process(id, output[0]));
  if (!process->ReadUntil(ready))
    return Unavailable(words[0] + " does not start; is it installed?");
  return process;
}

Process::~Process() {
  kill(id_, SIGTERM);
  waitpid(id_, nullptr, 0);
  close(output_);
}

bool Process::ReadUntil(const std::string& ready) {
  pollfd polled = {output_, POLLIN, 0};
  char byte = 0;
  while (poll(&polled, 1, kReadyMilliseconds) == 1 && read(output_, &byte, 1) == 1) {
    if (byte != '\n') {
      ready_line_.push_back(byte);
    } else if (ready_line_.find(ready) != std::string::npos) {
      return true;
    } else {
      ready_line_.clear();
    }
  }
  return false;
}

}  // namespace vivier::bench
