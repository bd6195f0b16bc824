#include "shared/storage/engines/sqlite_errors.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/storage/engines/driver.h"

namespace vivier::storage {
namespace {

constexpr char kDamaged[] = "the database file is damaged; stop and restore it from a backup";

// "UNIQUE constraint failed: learners.school, learners.person" gives what follows the colon.
absl::string_view Subject(absl::string_view message) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(message, absl::MaxSplits(": ", 1));
  return parts.second.empty() ? message : parts.second;
}

// The first column of the first row of a statement with texts as parameters, or "".
std::string Lookup(sqlite3* db, const char* sql, const std::vector<std::string>& parameters) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK) return "";
  for (size_t i = 0; i < parameters.size(); ++i)
    sqlite3_bind_text(statement, static_cast<int>(i + 1), parameters[i].c_str(), -1,
                      SQLITE_TRANSIENT);
  std::string answer;
  if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) == SQLITE_TEXT)
    answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  return answer;
}

// SQLite names the columns of a violated index, PostgreSQL the index; callers want one name.
std::string UniqueName(sqlite3* db, absl::string_view subject) {
  if (absl::ConsumePrefix(&subject, "index '")) return std::string(absl::StripSuffix(subject, "'"));
  std::string table;
  std::vector<std::string> columns;
  for (absl::string_view part : absl::StrSplit(subject, ", ")) {
    const std::pair<std::string, std::string> names = absl::StrSplit(part, absl::MaxSplits('.', 1));
    table = names.first;
    columns.push_back(names.second);
  }
  constexpr char kIndex[] =
      "SELECT l.origin || ':' || l.name FROM pragma_index_list(?1) AS l WHERE l.\"unique\" = 1 AND "
      "?2 ="
      " (SELECT group_concat(i.name, ',') FROM pragma_index_info(l.name) AS i) ORDER BY l.name";
  const std::string found = Lookup(db, kIndex, {table, absl::StrJoin(columns, ",")});
  if (absl::StartsWith(found, "c:")) return found.substr(2);
  if (absl::StartsWith(found, "u:"))
    return absl::StrCat(table, "_", absl::StrJoin(columns, "_"), "_key");
  return absl::StrCat(table, "_pkey");
}

absl::Status ConstraintError(sqlite3* db, int code) {
  const std::string message = sqlite3_errmsg(db);  // copied: the look-up below overwrites it
  const absl::string_view subject = Subject(message);
  switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_UNIQUE:
      return Violation(absl::StatusCode::kAlreadyExists, UniqueName(db, subject));
    case SQLITE_CONSTRAINT_NOTNULL:
      return Violation(absl::StatusCode::kFailedPrecondition,
                       absl::StrCat(absl::StrReplaceAll(subject, {{".", "_"}}), "_not_null"));
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_TRIGGER:  // RAISE takes a literal, so the text holds no value
      return Violation(absl::StatusCode::kFailedPrecondition, subject);
    default:
      return Violation(absl::StatusCode::kFailedPrecondition, "foreign_key");
  }
}

absl::Status InputOutputError(int code) {
  switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return absl::DataLossError(
          absl::StrCat("a sync of the database file failed, SQLite code ", code));
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_DATA:
      return absl::DataLossError(kDamaged);
    case SQLITE_IOERR_WRITE:  // quota or file size limit; a full disk is SQLITE_FULL
    case SQLITE_IOERR_TRUNCATE:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMOPEN:
      return absl::ResourceExhaustedError(
          absl::StrCat("the database file cannot grow, SQLite code ", code));
    default:
      return absl::UnavailableError(
          absl::StrCat("the database file cannot be used, SQLite code ", code));
  }
}

}  // namespace

absl::Status SqliteError(sqlite3* db, int code, absl::string_view sql) {
  constexpr int kPrimaryMask = 0xFF;  // the low byte of an extended code is its class
  switch (code & kPrimaryMask) {
    case SQLITE_CONSTRAINT:
      return ConstraintError(db, code);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError("the disk is full");
    case SQLITE_IOERR:
      return InputOutputError(code);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(kDamaged);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return absl::UnavailableError("the database is busy");
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return absl::UnavailableError(
          absl::StrCat("the database cannot be used, SQLite code ", code));
    case SQLITE_TOOBIG:
      return absl::InvalidArgumentError("a value is too big for the database");
    default:
      return Defect(absl::StrCat("SQLite code ", code, " at byte ", sqlite3_error_offset(db)), sql);
  }
}

}  // namespace vivier::storage
