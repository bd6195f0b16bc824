#include "shared/backup/place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/backup/restore.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/status.h"
#include "shared/storage/engines/database.h"

namespace vivier::backup {
namespace {

namespace fs = std::filesystem;
using storage::Access;
using storage::Connection;
using storage::Result;
using storage::Value;

constexpr char kStaging[] = "restoring_";

// PostgreSQL counts a process for a moment after it has ended.
constexpr absl::Duration kLeaveTimeout = absl::Seconds(5);
constexpr absl::Duration kLeavePause = absl::Milliseconds(20);

absl::Status StillRunning(absl::string_view where) {
  return Error(absl::StatusCode::kFailedPrecondition, "STILL_RUNNING",
               absl::StrCat("a process of the site works on ", where, "; stop every one first"));
}

std::string FolderOf(const Target& target) { return target.data + "/db"; }

bool IsPostgres(const Target& target) { return !target.postgres.empty(); }

// Runs `statements` in one transaction of a schema that exists on every server.
absl::StatusOr<Result> InDatabase(const Target& target, const std::string& question,
                                  const std::string& script) {
  ASSIGN_OR_RETURN(const auto database,
                   storage::Database::Open("postgres:public:" + target.postgres));
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, database->Connect(Access::kWrite));
  RETURN_IF_ERROR(connection->Begin(Access::kWrite));
  ASSIGN_OR_RETURN(Result answer, connection->Query(question));
  if (!script.empty()) RETURN_IF_ERROR(connection->Script(script));
  RETURN_IF_ERROR(connection->Commit());
  return answer;
}

absl::StatusOr<int64_t> Count(const Target& target, const std::string& question) {
  ASSIGN_OR_RETURN(const Result answer, InDatabase(target, question, ""));
  return std::get<int64_t>(answer.rows[0][0]);
}

// STILL_RUNNING, unless every other connection of the site's processes ends in time.
absl::Status AwaitNoOther(const Target& target) {
  ASSIGN_OR_RETURN(const auto database,
                   storage::Database::Open("postgres:public:" + target.postgres));
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, database->Connect(Access::kRead));
  const absl::Time deadline = absl::Now() + kLeaveTimeout;
  while (true) {
    // A transaction sees one state of the activity.
    RETURN_IF_ERROR(connection->Begin(Access::kRead));
    ASSIGN_OR_RETURN(
        const Result others,
        connection->Query(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_stat_activity WHERE application_name = "
            "'vivier' AND datname = current_database() AND pid <> pg_backend_pid()"));
    connection->Rollback();
    if (std::get<int64_t>(others.rows[0][0]) == 0) return absl::OkStatus();
    if (absl::Now() > deadline) return StillRunning("the PostgreSQL database");
    absl::SleepFor(kLeavePause);
  }
}

std::string SchemaExists(const std::string& schema) {
  return absl::StrCat("SELECT CAST(COUNT(*) AS BIGINT) FROM pg_namespace WHERE nspname = '", schema,
                      "'");
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return Unavailable(absl::StrCat("cannot rename ", from, ": ", std::strerror(errno)));
}

absl::Status SwapFolders(const Target& target, const std::string& suffix) {
  RETURN_IF_ERROR(SyncFileSystem(target.data));
  const std::string folder = FolderOf(target);
  if (fs::exists(folder))
    RETURN_IF_ERROR(Rename(folder, absl::StrCat(folder, ".replaced-", suffix)));
  RETURN_IF_ERROR(Rename(folder + ".restoring", folder));
  return SyncFileSystem(target.data);
}

absl::Status SwapSchemas(const Target& target, const std::vector<std::string>& services,
                         const std::string& suffix) {
  std::string script;
  for (const std::string& service : services) {
    ASSIGN_OR_RETURN(const int64_t there, Count(target, SchemaExists(service)));
    if (there > 0)
      absl::StrAppend(&script, "ALTER SCHEMA ", service, " RENAME TO ", service, "_replaced_",
                      suffix, ";");
    absl::StrAppend(&script, "ALTER SCHEMA ", kStaging, service, " RENAME TO ", service, ";");
  }
  return InDatabase(target, "SELECT CAST(1 AS BIGINT)", script).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Alone>> Alone::Take(const Target& target) {
  auto alone = std::make_unique<Alone>();
  if (IsPostgres(target)) {
    RETURN_IF_ERROR(AwaitNoOther(target));
    return alone;
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(FolderOf(target), error)) {
    if (entry.path().extension() != ".lock") continue;
    const int lock = open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    if (lock >= 0) alone->locks_.push_back(lock);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) return StillRunning(FolderOf(target));
  }
  return alone;
}

Alone::~Alone() {
  for (int lock : locks_) close(lock);
}

std::string StagingUrl(const Target& target, const std::string& service) {
  return IsPostgres(target)
             ? absl::StrCat("postgres:", kStaging, service, ":", target.postgres)
             : absl::StrCat("sqlite:", FolderOf(target), ".restoring/", service, ".db");
}

absl::Status ClearStaging(const Target& target, const std::vector<std::string>& services) {
  std::error_code error;
  if (!IsPostgres(target)) {
    const std::string folder = FolderOf(target) + ".restoring";
    fs::remove_all(folder, error);
    fs::create_directories(folder, error);
    return error ? Unavailable(absl::StrCat("cannot create ", folder, ": ", error.message()))
                 : absl::OkStatus();
  }
  std::string script;
  for (const std::string& service : services)
    absl::StrAppend(&script, "DROP SCHEMA IF EXISTS ", kStaging, service, " CASCADE;");
  return InDatabase(target, "SELECT CAST(1 AS BIGINT)", script).status();
}

absl::StatusOr<bool> HasData(const Target& target, const std::vector<std::string>& services) {
  int64_t there = 0;
  if (!IsPostgres(target)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(FolderOf(target), error)) {
      if (entry.path().extension() != ".db") continue;
      if (std::find(services.begin(), services.end(), entry.path().stem()) == services.end())
        return Error(absl::StatusCode::kFailedPrecondition, "TARGET_NOT_EMPTY",
                     absl::StrCat(entry.path().string(),
                                  " is of no service of this backup; move it away first"));
      ++there;
    }
    return there > 0;
  }
  for (const std::string& service : services) {
    ASSIGN_OR_RETURN(const int64_t schema, Count(target, SchemaExists(service)));
    there += schema;
  }
  return there > 0;
}

absl::Status Swap(const Target& target, const std::vector<std::string>& services, absl::Time now) {
  const std::string suffix = absl::FormatTime("%Y%m%d%H%M%S", now, absl::UTCTimeZone());
  return IsPostgres(target) ? SwapSchemas(target, services, suffix) : SwapFolders(target, suffix);
}

}  // namespace vivier::backup
