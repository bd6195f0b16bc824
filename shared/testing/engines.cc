#include "shared/testing/engines.h"

#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace vivier::testing {
namespace {

using storage::Database;
using storage::Engine;

constexpr char kBinaries[] = "/usr/lib/postgresql/15/bin/";
constexpr auto kStartPatience = std::chrono::seconds(60);

[[noreturn]] void Die(const std::string& why) {
  std::cerr << "FAILED: " << why << "\n";
  std::exit(EXIT_FAILURE);
}

// A folder that lives as long as the process.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "vivier-test-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) Die("cannot create a folder for tests");
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// PostgreSQL refuses to run as root.
void BecomePostgres() {
  if (geteuid() != 0) return;
  const passwd* account = getpwnam("postgres");
  if (account == nullptr || initgroups("postgres", account->pw_gid) != 0 || setgid(account->pw_gid) != 0 ||
      setuid(account->pw_uid) != 0)
    _exit(EXIT_FAILURE);
}

// Starts a program of PostgreSQL with its output in a file; the kernel ends it with the thread that started it.
pid_t Start(const std::string& program, std::vector<std::string> arguments, const std::string& output) {
  const std::string path = kBinaries + program;
  if (access(path.c_str(), X_OK) != 0) Die("PostgreSQL 15 is not installed: no " + path);
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  BecomePostgres();
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (std::freopen(output.c_str(), "w", stdout) == nullptr || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
    _exit(EXIT_FAILURE);
  execv(path.c_str(), argv.data());
  _exit(EXIT_FAILURE);
}

// A PostgreSQL server of this process: a unix socket in a folder, no port. fsync is off: no test here cuts power.
class PrivateServer {
 public:
  PrivateServer() : conninfo_(absl::StrCat("host=", folder_.path(), " user=vivier dbname=postgres")) {
    if (const passwd* account = getpwnam("postgres"); geteuid() == 0 && account != nullptr)
      if (chown(folder_.path().c_str(), account->pw_uid, account->pw_gid) != 0) Die("cannot give a folder to postgres");
    const std::string data = folder_.path() + "/data";
    Initialise(data);
    server_ = Start("postgres",
                    {"-D", data, "-k", folder_.path(), "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                     "max_connections=200", "-c", "shared_buffers=32MB"},
                    folder_.path() + "/server.log");
    WaitUntilReady();
  }
  ~PrivateServer() {
    kill(server_, SIGQUIT);
    waitpid(server_, nullptr, 0);
  }
  const std::string& conninfo() const { return conninfo_; }

 private:
  void Initialise(const std::string& data) {
    const pid_t child =
        Start("initdb", {"-D", data, "-U", "vivier", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"},
              folder_.path() + "/initdb.log");
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) Die("initdb failed");
  }

  void WaitUntilReady() {
    const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
    while (PQping(conninfo_.c_str()) != PQPING_OK) {
      if (std::chrono::steady_clock::now() > deadline || waitpid(server_, nullptr, WNOHANG) != 0)
        Die("the private PostgreSQL server did not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  Folder folder_;
  std::string conninfo_;
  pid_t server_ = -1;
};

// The schemas that this process made in a server, dropped when it ends.
class Server {
 public:
  Server() {
    const char* given = std::getenv("VIVIER_TEST_POSTGRES");
    if (given == nullptr || *given == '\0') private_ = std::make_unique<PrivateServer>();
    conninfo_ = private_ ? private_->conninfo() : given;
  }
  ~Server() {
    if (private_) return;
    for (int64_t i = 1; i <= schemas_; ++i)
      Run(absl::StrCat("SET client_min_messages=error; DROP SCHEMA IF EXISTS ", Name(i), " CASCADE"));
    for (int64_t i = 1; i <= databases_; ++i) Run(absl::StrCat("DROP DATABASE IF EXISTS ", Name(i), " WITH (FORCE)"));
  }
  std::string FreshUrl() { return absl::StrCat("postgres:", Name(++schemas_), ":", conninfo_); }
  std::string FreshConninfo() {
    const std::string name = Name(++databases_);
    if (!Run(absl::StrCat("CREATE DATABASE ", name, " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")))
      Die("cannot create a database");
    return absl::StrCat(conninfo_, " dbname=", name);  // of two settings libpq takes the later one
  }

 private:
  static std::string Name(int64_t number) { return absl::StrCat("test_", getpid(), "_", number); }

  bool Run(const std::string& sql) {
    PGconn* connection = PQconnectdb(conninfo_.c_str());
    PGresult* result = PQexec(connection, sql.c_str());
    const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    PQfinish(connection);
    return done;
  }

  std::unique_ptr<PrivateServer> private_;
  std::string conninfo_;
  std::atomic<int64_t> schemas_ = 0;
  std::atomic<int64_t> databases_ = 0;
};

Server& TheServer() {
  static Server server;
  return server;
}

}  // namespace

std::string FreshUrl(Engine engine) {
  if (engine == Engine::kPostgres) return TheServer().FreshUrl();
  static const Folder folder;
  static std::atomic<int64_t> files = 0;
  return absl::StrCat("sqlite:", folder.path(), "/", ++files, ".db");
}

std::string FreshPostgres() { return TheServer().FreshConninfo(); }

std::unique_ptr<Database> FreshDatabase(Engine engine) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(FreshUrl(engine));
  if (!database.ok()) Die(database.status().ToString());
  return *std::move(database);
}

std::string EngineName(const ::testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace vivier::testing
