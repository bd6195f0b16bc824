#include "tests/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace vivier::testing {
namespace {

constexpr absl::Duration kStartPatience = absl::Minutes(1);
// Between two looks at a file or a process, neither of which can be waited for with a limit.
constexpr absl::Duration kLookAgain = absl::Milliseconds(2);

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "FAILED: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

std::string Executable() {
  const char* path = std::getenv("VIVIER_BINARY");
  if (path == nullptr || access(path, X_OK) != 0) Die("VIVIER_BINARY names no executable");
  return path;
}

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int ExitStatus(int waited) {
  return WIFEXITED(waited) ? WEXITSTATUS(waited) : 128 + WTERMSIG(waited);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::string& log,
                 const std::string& executable)
    : log_(log) {
  std::vector<std::string> words = {executable.empty() ? Executable() : executable};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  id_ = fork();
  if (id_ < 0) Die("cannot fork");
  if (id_ > 0) return;
  // Only what is safe after a fork of a program with threads.
  setsid();  // a stopped process would have the kernel hang up on the test's own process group
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)
    _exit(EXIT_FAILURE);
  execv(argv[0], argv.data());
  _exit(EXIT_FAILURE);
}

bool Process::running() {
  int waited = 0;
  if (id_ > 0 && waitpid(id_, &waited, WNOHANG) == id_) {
    status_ = ExitStatus(waited);
    id_ = -1;
  }
  return id_ > 0;
}

std::string Process::WaitForAddress(const std::string& data, const std::string& service) {
  const std::string note = absl::StrCat(data, "/run/", service, ".", id_, ".address");
  for (const absl::Time start = absl::Now(); absl::Now() - start < kStartPatience;
       absl::SleepFor(kLookAgain)) {
    pid_t writer = 0;
    std::string address;
    if (std::ifstream(note) >> writer >> address && writer == id_) return address;
    if (!running()) break;
  }
  ADD_FAILURE() << "the process does not serve " << service << ":\n" << Log();
  return "";
}

void Process::Signal(int signal) {
  if (running()) kill(id_, signal);
}

void Process::Kill() {
  if (!running()) return;
  kill(id_, SIGKILL);
  int waited = 0;
  waitpid(id_, &waited, 0);
  status_ = ExitStatus(waited);
  id_ = -1;
}

int Process::Terminate(absl::Duration patience) {
  Signal(SIGTERM);
  return Wait(patience);
}

int Process::Wait(absl::Duration patience) {
  const absl::Time start = absl::Now();
  while (running()) {
    if (absl::Now() - start > patience) {
      ADD_FAILURE() << "the process has not ended after " << patience << ":\n" << Log();
      return -1;
    }
    absl::SleepFor(kLookAgain);
  }
  return status_;
}

std::string Process::Log() const { return Contents(log_); }

int RunToEnd(const std::vector<std::string>& arguments, std::string* output,
             absl::Duration patience, const std::string& executable) {
  std::string log = (std::filesystem::temp_directory_path() / "vivier-run-XXXXXX").string();
  const int file = mkstemp(log.data());
  if (file < 0) Die("no temporary file");
  close(file);
  Process process(arguments, log, executable);
  const int status = process.Wait(patience);
  if (output != nullptr) *output = process.Log();
  std::filesystem::remove(log);
  return status;
}

int FreePort() {
  // Below those that the system gives to outgoing connections: another test, with thousands of
  // them, would take one before it is listened on.
  constexpr unsigned kFirst = 10'000, kCount = 22'000;
  static std::atomic<unsigned> next(static_cast<unsigned>(getpid()) * 7919u);
  for (unsigned tries = 0; tries < kCount; ++tries) {
    const unsigned port = kFirst + next++ % kCount;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    const bool is_free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(probe);
    if (is_free) return static_cast<int>(port);
  }
  Die("no port is free");
}

// The receive queues of the connections whose local port it is. gRPC listens on sockets
// of both families.
int64_t UnreadBytes(int port) {
  constexpr unsigned kListening = 0x0A;
  int64_t unread = 0;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream connections(file);
    std::string line;
    while (std::getline(connections, line)) {
      unsigned local = 0, state = 0, received = 0;
      const char* format = " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%*X %X %*X:%X";
      if (std::sscanf(line.c_str(), format, &local, &state, &received) != 3)
        continue;  // the header
      if (static_cast<int>(local) == port && state != kListening) unread += received;
    }
  }
  return unread;
}

}  // namespace vivier::testing
