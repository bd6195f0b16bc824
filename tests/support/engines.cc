#include "tests/support/engines.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/postgres_server.h"

namespace vivier::testing {
namespace {

using storage::Database;
using storage::Engine;

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

// The schemas that this process made in a server, dropped when it ends.
class Server {
 public:
  Server() {
    const char* given = std::getenv("VIVIER_TEST_POSTGRES");
    if (given == nullptr || *given == '\0') private_ = std::make_unique<PostgresServer>();
    conninfo_ = private_ ? private_->conninfo() : given;
  }
  ~Server() {
    if (private_) return;
    for (int64_t i = 1; i <= schemas_; ++i)
      Run(absl::StrCat("SET client_min_messages=error; DROP SCHEMA IF EXISTS ", Name(i),
                       " CASCADE"));
    for (int64_t i = 1; i <= databases_; ++i)
      Run(absl::StrCat("DROP DATABASE IF EXISTS ", Name(i), " WITH (FORCE)"));
  }
  std::string FreshUrl() { return absl::StrCat("postgres:", Name(++schemas_), ":", conninfo_); }
  std::string FreshConninfo() {
    const std::string name = Name(++databases_);
    if (!Run(absl::StrCat("CREATE DATABASE ", name,
                          " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")))
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

  std::unique_ptr<PostgresServer> private_;
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

std::vector<std::string> TablesIn(storage::Connection& connection) {
  const auto found =
      connection.Query(connection.engine() == storage::Engine::kSqlite
                           ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT "
                             "LIKE 'sqlite%' ORDER BY name"
                           : "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE "
                             "table_schema = current_schema() "
                             "ORDER BY 1");
  EXPECT_TRUE(found.ok()) << found.status();
  std::vector<std::string> tables;
  if (!found.ok()) return tables;
  for (const storage::Row& row : found->rows) tables.push_back(std::get<std::string>(row[0]));
  return tables;
}

std::string EngineName(const ::testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace vivier::testing
