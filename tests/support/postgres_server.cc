#include "tests/support/postgres_server.h"

#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace vivier::testing {
namespace {

constexpr char kBinaries[] = "/usr/lib/postgresql/15/bin/";
constexpr auto kStartPatience = std::chrono::seconds(60);

[[noreturn]] void Die(const std::string& why) {
  std::cerr << "FAILED: " << why << "\n";
  std::exit(EXIT_FAILURE);
}

// PostgreSQL refuses to run as root.
void BecomePostgres() {
  if (geteuid() != 0) return;
  const passwd* account = getpwnam("postgres");
  if (account == nullptr || initgroups("postgres", account->pw_gid) != 0 ||
      setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0)
    _exit(EXIT_FAILURE);
}

// Starts a program of PostgreSQL with its output in a file; the kernel ends it with the thread that
// started it.
pid_t Run(const std::string& program, std::vector<std::string> arguments,
          const std::string& output) {
  const std::string path = kBinaries + program;
  if (access(path.c_str(), X_OK) != 0) Die("PostgreSQL 15 is not installed: no " + path);
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  BecomePostgres();
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (std::freopen(output.c_str(), "w", stdout) == nullptr ||
      dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
    _exit(EXIT_FAILURE);
  execv(path.c_str(), argv.data());
  _exit(EXIT_FAILURE);
}

void Initialise(const std::string& folder) {
  const pid_t child = Run("initdb",
                          {"-D", folder + "/data", "-U", "vivier", "-A", "trust", "-E", "UTF8",
                           "--locale=C.UTF-8", "-N"},
                          folder + "/initdb.log");
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) Die("initdb failed");
}

}  // namespace

PostgresServer::PostgresServer() {
  std::string pattern = std::filesystem::temp_directory_path() / "vivier-postgres-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) Die("cannot create a folder for PostgreSQL");
  folder_ = pattern;
  conninfo_ = absl::StrCat("host=", folder_, " user=vivier dbname=postgres");
  if (const passwd* account = getpwnam("postgres"); geteuid() == 0 && account != nullptr)
    if (chown(folder_.c_str(), account->pw_uid, account->pw_gid) != 0)
      Die("cannot give a folder to postgres");
  Initialise(folder_);
  Start();
}

PostgresServer::~PostgresServer() {
  kill(server_, SIGQUIT);
  waitpid(server_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::Start() {
  server_ = Run("postgres",
                {"-D", folder_ + "/data", "-k", folder_, "-c", "listen_addresses=", "-c",
                 "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB"},
                folder_ + "/server.log");
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (PQping(conninfo_.c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > deadline || waitpid(server_, nullptr, WNOHANG) != 0)
      Die("the private PostgreSQL server did not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::Restart() {
  kill(server_, SIGINT);  // PostgreSQL's "fast" shutdown
  waitpid(server_, nullptr, 0);
  Start();
}

}  // namespace vivier::testing
