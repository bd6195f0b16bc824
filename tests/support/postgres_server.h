// A PostgreSQL server of a test's own: a unix socket in a folder, no port. fsync is off, for no
// test here cuts power. A machine without PostgreSQL 15 ends the test program with a clear message.
// Not thread-safe; the kernel ends the server with the thread that started it.
#pragma once

#include <sys/types.h>

#include <string>

namespace vivier::testing {

class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A libpq connection string, of the database "postgres".
  const std::string& conninfo() const { return conninfo_; }

  // As an administrator restarts it: open transactions are broken off, what was committed stays.
  void Restart();

 private:
  void Start();

  std::string folder_;
  std::string conninfo_;
  pid_t server_ = -1;
};

}  // namespace vivier::testing
