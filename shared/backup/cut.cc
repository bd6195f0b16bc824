#include "shared/backup/cut.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "shared/backup/tables.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::backup {
namespace {

using storage::Access;
using storage::Bytes;
using storage::Connection;
using storage::Engine;
using storage::Result;
using storage::Row;

// Opening five snapshots takes 0.1 ms; a school that commits a thousand times a second leaves such
// a gap nine times in ten.
constexpr int kTriesMax = 1000;
constexpr absl::Duration kPause = absl::Microseconds(100);

absl::Status NothingThere() {
  return Error(absl::StatusCode::kFailedPrecondition, "BACKUP_UNUSABLE",
               "there is no database to read");
}

bool IsFileAbsent(const Source& source) {
  absl::string_view path = source.url;
  return absl::ConsumePrefix(&path, "sqlite:") && !std::filesystem::exists(std::string(path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cut>> Cut::Take(const std::vector<Source>& sources) {
  auto cut = std::make_unique<Cut>();
  for (const Source& source : sources)
    if (!IsFileAbsent(source)) RETURN_IF_ERROR(cut->Open(source));
  RETURN_IF_ERROR(cut->OpenSnapshots());
  std::vector<Part> parts;
  for (Part& part : cut->parts_) {
    ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(*part.connection, part.schema));
    if (!tables.empty()) parts.push_back(std::move(part));
  }
  cut->parts_ = std::move(parts);
  if (cut->parts_.empty()) return NothingThere();
  return cut;
}

// PostgreSQL needs one connection for all.
absl::Status Cut::Open(const Source& source) {
  if (opened_.empty() || opened_.front().reader->engine() == Engine::kSqlite) {
    Opened& opened = opened_.emplace_back();
    ASSIGN_OR_RETURN(opened.database, storage::Database::Open(source.url));
    ASSIGN_OR_RETURN(opened.reader, opened.database->Connect(Access::kRead));
    if (opened.database->engine() == Engine::kSqlite) {
      ASSIGN_OR_RETURN(opened.watcher, opened.database->Connect(Access::kRead));
    }
  }
  Connection& connection = *opened_.back().reader;
  parts_.push_back({source.service, SchemaOf(connection.engine(), source.service), &connection});
  return absl::OkStatus();
}

absl::Status Cut::OpenSnapshots() {
  for (int i = 0; i < kTriesMax; ++i) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> before, Counters());
    for (Opened& opened : opened_) {
      RETURN_IF_ERROR(opened.reader->Begin(Access::kLongRead));
      // The first statement takes the snapshot, of a table that no database lacks.
      const bool is_sqlite = opened.reader->engine() == Engine::kSqlite;
      RETURN_IF_ERROR(
          opened.reader->Query(is_sqlite ? "PRAGMA schema_version" : "SELECT CAST(1 AS BIGINT)")
              .status());
    }
    ASSIGN_OR_RETURN(const std::vector<int64_t> after, Counters());
    if (before == after) return absl::OkStatus();
    for (Opened& opened : opened_) opened.reader->Rollback();
    absl::SleepFor(kPause);
  }
  return Unavailable("the services commit without a pause; try again");
}

// What each file's counter of commits by others says; none on PostgreSQL.
absl::StatusOr<std::vector<int64_t>> Cut::Counters() {
  std::vector<int64_t> counters;
  for (Opened& opened : opened_) {
    if (opened.watcher == nullptr) continue;
    RETURN_IF_ERROR(opened.watcher->Begin(Access::kRead));
    ASSIGN_OR_RETURN(const Result counter, opened.watcher->Query("PRAGMA data_version"));
    opened.watcher->Rollback();
    counters.push_back(std::get<int64_t>(counter.rows[0][0]));
  }
  return counters;
}

const Cut::Part* Cut::Find(const std::string& service) const {
  for (const Part& part : parts_)
    if (part.service == service) return &part;
  return nullptr;
}

void Cut::Release(const Part& part) {
  if (part.connection->engine() == Engine::kSqlite) part.connection->Rollback();
}

absl::StatusOr<bool> HoldsLink(const Cut::Part& part, const std::string& table,
                               const std::string& school, int64_t number, const std::string& hash) {
  if (number == 0) return true;
  ASSIGN_OR_RETURN(const Result found,
                   part.connection->Query(absl::StrCat("SELECT hash FROM ", part.schema, ".", table,
                                                       " WHERE school = $1 AND number = $2"),
                                          {storage::Value(school), storage::Value(number)}));
  return !found.rows.empty() && std::get<Bytes>(found.rows[0][0]).data == hash;
}

absl::StatusOr<v1::ServiceRows> Describe(const Cut::Part& part) {
  v1::ServiceRows described;
  described.set_service(part.service);
  const auto from = [&part](const char* columns, const char* table, const char* order) {
    return part.connection->Query(
        absl::StrCat("SELECT ", columns, " FROM ", part.schema, ".", table, " ORDER BY ", order));
  };
  ASSIGN_OR_RETURN(const Result migrations, from("owner, file", "migrations", "owner, file"));
  for (const Row& row : migrations.rows) {
    v1::AppliedMigration& migration = *described.add_migrations();
    migration.set_owner(std::get<std::string>(row[0]));
    migration.set_file(std::get<std::string>(row[1]));
  }
  ASSIGN_OR_RETURN(const Result heads, from("school, event_number, event_hash, audit_number, "
                                            "audit_hash, reading_number, reading_hash",
                                            "heads", "school"));
  for (const Row& row : heads.rows) {
    v1::LogEnd& end = *described.add_ends();
    end.set_school(std::get<std::string>(row[0]));
    end.set_event_number(std::get<int64_t>(row[1]));
    end.set_event_hash(std::get<Bytes>(row[2]).data);
    end.set_audit_number(std::get<int64_t>(row[3]));
    end.set_audit_hash(std::get<Bytes>(row[4]).data);
    end.set_reading_number(std::get<int64_t>(row[5]));
    end.set_reading_hash(std::get<Bytes>(row[6]).data);
  }
  ASSIGN_OR_RETURN(const Result cursors,
                   from("school, producer, number, hash", "cursors", "school, producer"));
  for (const Row& row : cursors.rows) {
    v1::CursorPosition& cursor = *described.add_cursors();
    cursor.set_school(std::get<std::string>(row[0]));
    cursor.set_producer(std::get<std::string>(row[1]));
    cursor.set_number(std::get<int64_t>(row[2]));
    cursor.set_hash(std::get<Bytes>(row[3]).data);
  }
  return described;
}

}  // namespace vivier::backup
