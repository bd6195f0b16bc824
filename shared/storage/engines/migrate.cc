#include "shared/storage/engines/migrate.h"

#include <openssl/sha.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::storage {
namespace {

constexpr char kOwnerOfAll[] = "storage";

constexpr char kCreateTable[] =
    "CREATE TABLE IF NOT EXISTS migrations (owner TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT "
    "NOT NULL,"
    " applied_at BIGINT NOT NULL, needs_binary BIGINT, PRIMARY KEY (owner, file));";

// The table is older than this column.
constexpr char kAddNeedsBinary[] = "ALTER TABLE migrations ADD COLUMN needs_binary BIGINT;";

// One migrator at a time per schema; it waits for as long as the other needs.
constexpr char kLockPostgres[] =
    "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), "
    "0));";

// A row's MAC is another under another key (shared/rotation), so it alone may change: all other
// columns are named here, and named anew behind each migration.
constexpr char kNoUpdateSqlite[] = R"(
CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {columns} ON {table}
  BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END;
)";

constexpr char kNoDeleteSqlite[] = R"(
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
  BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END;
)";

// TRUNCATE passes row triggers by.
constexpr char kTriggersPostgres[] = R"(
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(OLD) - 'mac' = to_jsonb(NEW) - 'mac' THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION USING MESSAGE = 'append-only', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
)";

constexpr char kColumnsSqlite[] =
    "SELECT name, type, \"notnull\" = 0, dflt_value IS NOT NULL FROM pragma_table_info($1) ORDER "
    "BY cid";

constexpr char kColumnsPostgres[] =
    "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT),"
    " CAST(CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END AS BIGINT),"
    " CAST(CASE WHEN column_default IS NOT NULL THEN 1 ELSE 0 END AS BIGINT)"
    " FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = "
    "CAST($1 AS TEXT)"
    " ORDER BY ordinal_position";

// A row for each column: the index, its column, whether it is unique, whether it is partial.
constexpr char kIndexesSqlite[] =
    "SELECT i.name, COALESCE(c.name, ''), i.\"unique\", i.partial FROM pragma_index_list($1) AS i, "
    "pragma_index_info(i.name) AS c ORDER BY i.name, c.seqno";

constexpr char kIndexesPostgres[] =
    "SELECT CAST(i.indexrelid AS BIGINT)::text, COALESCE(CAST(a.attname AS TEXT), ''),"
    " CAST(CASE WHEN i.indisunique THEN 1 ELSE 0 END AS BIGINT),"
    " CAST(CASE WHEN i.indpred IS NULL THEN 0 ELSE 1 END AS BIGINT)"
    " FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid"
    " JOIN pg_namespace AS n ON n.oid = t.relnamespace"
    " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
    " LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number AND k.number > 0"
    " WHERE n.nspname = current_schema() AND t.relname = CAST($1 AS TEXT)"
    " ORDER BY i.indexrelid, k.place";

std::string Sha256(absl::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::string Name(const Migration& migration) {
  return absl::StrCat(migration.owner, "/", migration.file);
}

// Those of the house before those of the service.
std::vector<const Migration*> Wanted(absl::Span<const Migration> all, absl::string_view service) {
  std::vector<const Migration*> wanted;
  for (absl::string_view owner : {absl::string_view(kOwnerOfAll), service}) {
    std::map<absl::string_view, const Migration*> by_file;
    for (const Migration& migration : all)
      if (migration.owner == owner) by_file[migration.file] = &migration;
    for (const auto& [file, migration] : by_file) wanted.push_back(migration);
    if (service == kOwnerOfAll) break;
  }
  return wanted;
}

absl::StatusOr<bool> IsApplied(Connection& connection, const Migration& migration) {
  ASSIGN_OR_RETURN(const Result result,
                   connection.Query("SELECT sha256 FROM migrations WHERE owner = $1 AND file = $2",
                                    {migration.owner, migration.file}));
  if (result.rows.empty()) return false;
  if (std::get<std::string>(result.rows[0][0]) == Sha256(migration.sql)) return true;
  return absl::FailedPreconditionError(
      absl::StrCat("migration ", Name(migration),
                   " changed after it was applied; restore it and add a new one"));
}

std::vector<std::string> AppendOnlyTables(absl::string_view sql) {
  std::vector<std::string> tables;
  for (absl::string_view line : absl::StrSplit(sql, '\n'))
    if (absl::ConsumePrefix(&line, "-- append-only:"))
      tables.emplace_back(absl::StripAsciiWhitespace(line));
  return tables;
}

std::string ForTable(absl::string_view sql, absl::string_view table) {
  return absl::StrReplaceAll(sql, {{"{table}", table}});
}

// Nothing where there is no such table any more.
absl::Status ForbidUpdateSqlite(Connection& connection, const std::string& table) {
  ASSIGN_OR_RETURN(const std::vector<Column> columns, Columns(connection, table));
  std::vector<std::string> guarded;
  for (const Column& column : columns)
    if (column.name != "mac") guarded.push_back(column.name);
  if (guarded.empty()) return absl::OkStatus();
  return connection.Script(absl::StrReplaceAll(
      kNoUpdateSqlite, {{"{table}", table}, {"{columns}", absl::StrJoin(guarded, ", ")}}));
}

// Runs the migration; `guarded` are the append-only tables of those before it.
absl::Status RunScript(Connection& connection, Engine engine, const Migration& migration,
                       std::vector<std::string> guarded) {
  const bool is_sqlite = engine == Engine::kSqlite;
  for (const std::string& table : guarded)
    if (is_sqlite)
      RETURN_IF_ERROR(
          connection.Script(ForTable("DROP TRIGGER IF EXISTS {table}_no_update", table)));
  RETURN_IF_ERROR(connection.Script(migration.sql));
  for (const std::string& table : AppendOnlyTables(migration.sql)) {
    RETURN_IF_ERROR(
        connection.Script(ForTable(is_sqlite ? kNoDeleteSqlite : kTriggersPostgres, table)));
    guarded.push_back(table);
  }
  for (const std::string& table : guarded)
    if (is_sqlite) RETURN_IF_ERROR(ForbidUpdateSqlite(connection, table));
  return absl::OkStatus();
}

int64_t NumberOf(absl::string_view file) {
  int64_t number = 0;
  return absl::SimpleAtoi(file.substr(0, file.find('_')), &number) ? number : 0;
}

// The number that a line `-- needs-binary: NNN` gives, 0 without one.
int64_t NeededBinary(absl::string_view sql) {
  for (absl::string_view line : absl::StrSplit(sql, '\n'))
    if (absl::ConsumePrefix(&line, "-- needs-binary:"))
      return NumberOf(absl::StripAsciiWhitespace(line));
  return 0;
}

absl::Status CreateTable(Connection& connection) {
  RETURN_IF_ERROR(connection.Script(kCreateTable));
  ASSIGN_OR_RETURN(const std::vector<Column> columns, Columns(connection, "migrations"));
  const auto is_needs = [](const Column& column) { return column.name == "needs_binary"; };
  return std::any_of(columns.begin(), columns.end(), is_needs) ? absl::OkStatus()
                                                               : connection.Script(kAddNeedsBinary);
}

// Whether this binary, which knows `wanted`, knows as much as each applied migration asks for.
absl::Status CheckNotTooOld(Connection& connection, absl::Span<const Migration* const> wanted) {
  ASSIGN_OR_RETURN(const std::vector<Column> columns, Columns(connection, "migrations"));
  if (columns.empty() || columns.back().name != "needs_binary") return absl::OkStatus();
  std::map<absl::string_view, int64_t> known;  // the newest, by owner
  for (const Migration* migration : wanted)
    known[migration->owner] = std::max(known[migration->owner], NumberOf(migration->file));
  ASSIGN_OR_RETURN(
      const Result needs,
      connection.Query("SELECT owner, file, needs_binary FROM migrations WHERE needs_binary > 0"));
  for (const Row& row : needs.rows) {
    const std::string& owner = std::get<std::string>(row[0]);
    if (known.count(owner) == 0 || known[owner] >= std::get<int64_t>(row[2])) continue;
    return Error(absl::StatusCode::kFailedPrecondition, "BINARY_TOO_OLD",
                 absl::StrCat("the schema has ", owner, "/", std::get<std::string>(row[1]),
                              ", which needs a newer binary than this one"));
  }
  return absl::OkStatus();
}

absl::Status Lock(Connection& connection, Engine engine) {
  return engine == Engine::kPostgres ? connection.Script(kLockPostgres) : absl::OkStatus();
}

absl::Status ApplyInTransaction(Connection& connection, Engine engine, const Migration& migration,
                                const std::vector<std::string>& guarded) {
  RETURN_IF_ERROR(Lock(connection, engine));
  RETURN_IF_ERROR(CreateTable(connection));
  ASSIGN_OR_RETURN(const bool applied, IsApplied(connection, migration));
  if (applied) return absl::OkStatus();
  RETURN_IF_ERROR(RunScript(connection, engine, migration, guarded));
  return connection.Send(
      "INSERT INTO migrations (owner, file, sha256, applied_at, needs_binary) VALUES ($1, $2, $3, "
      "$4, $5)",
      {migration.owner, migration.file, Sha256(migration.sql), absl::ToUnixMicros(absl::Now()),
       NeededBinary(migration.sql)},
      1);
}

absl::Status Apply(Connection& connection, Engine engine, const Migration& migration,
                   const std::vector<std::string>& guarded) {
  RETURN_IF_ERROR(connection.Begin(Access::kWrite));
  absl::Status status = ApplyInTransaction(connection, engine, migration, guarded);
  if (status.ok()) status = connection.Commit();
  if (!status.ok()) connection.Rollback();
  return status.ok()
             ? status
             : absl::Status(status.code(), absl::StrCat(Name(migration), ": ", status.message()));
}

absl::StatusOr<std::vector<std::string>> Missing(Connection& connection,
                                                 absl::Span<const Migration* const> wanted) {
  RETURN_IF_ERROR(CheckNotTooOld(connection, wanted));
  ASSIGN_OR_RETURN(const std::vector<Column> table, Columns(connection, "migrations"));
  std::vector<std::string> missing;
  for (const Migration* migration : wanted) {
    if (table.empty()) {
      missing.push_back(Name(*migration));
      continue;
    }
    ASSIGN_OR_RETURN(const bool applied, IsApplied(connection, *migration));
    if (!applied) missing.push_back(Name(*migration));
  }
  return missing;
}

}  // namespace

absl::Status Migrate(Database& database, absl::string_view service) {
  return Migrate(database, service, AllMigrations());
}

absl::Status Migrate(Database& database, absl::string_view service,
                     absl::Span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, database.Connect(Access::kWrite));
  const std::vector<const Migration*> wanted = Wanted(migrations, service);
  RETURN_IF_ERROR(connection->Begin(Access::kRead));
  const absl::Status fits = CheckNotTooOld(*connection, wanted);
  connection->Rollback();
  RETURN_IF_ERROR(fits);
  std::vector<std::string> guarded;
  for (const Migration* migration : wanted) {
    RETURN_IF_ERROR(Apply(*connection, database.engine(), *migration, guarded));
    for (std::string& table : AppendOnlyTables(migration->sql)) guarded.push_back(std::move(table));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Pending(Database& database, absl::string_view service) {
  return Pending(database, service, AllMigrations());
}

absl::StatusOr<std::vector<std::string>> Pending(Database& database, absl::string_view service,
                                                 absl::Span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, database.Connect(Access::kRead));
  RETURN_IF_ERROR(connection->Begin(Access::kRead));
  absl::StatusOr<std::vector<std::string>> missing =
      Missing(*connection, Wanted(migrations, service));
  connection->Rollback();
  return missing;
}

absl::StatusOr<std::vector<std::string>> OddMigrations(Connection& connection,
                                                       absl::string_view service,
                                                       absl::Span<const Migration> migrations) {
  std::map<std::string, std::pair<std::string, int64_t>> due;  // SHA-256 and needed binary
  std::map<absl::string_view, int64_t> newest;                 // by owner
  for (const Migration* migration : Wanted(migrations, service)) {
    due[Name(*migration)] = {Sha256(migration->sql), NeededBinary(migration->sql)};
    newest[migration->owner] = std::max(newest[migration->owner], NumberOf(migration->file));
  }
  ASSIGN_OR_RETURN(const Result applied,
                   connection.Query("SELECT owner, file, sha256, COALESCE(needs_binary, CAST(0 AS "
                                    "BIGINT)) FROM migrations"));
  std::vector<std::string> odd;
  for (const Row& row : applied.rows) {
    const std::string& owner = std::get<std::string>(row[0]);
    const std::string& file = std::get<std::string>(row[1]);
    const std::string name = absl::StrCat(owner, "/", file);
    const auto known = due.find(name);
    const auto last = newest.find(owner);
    const bool is_newer = last != newest.end() && NumberOf(file) > last->second;
    const std::pair<std::string, int64_t> applied_as(std::get<std::string>(row[2]),
                                                     std::get<int64_t>(row[3]));
    if (known == due.end() ? !is_newer : known->second != applied_as) odd.push_back(name);
    if (known != due.end()) due.erase(known);
  }
  for (const auto& [name, is_as] : due) odd.push_back(name);
  return odd;
}

absl::Status MakeTables(Connection& connection, absl::string_view service,
                        absl::Span<const Migration> migrations) {
  RETURN_IF_ERROR(CreateTable(connection));
  std::vector<std::string> guarded;
  for (const Migration* migration : Wanted(migrations, service)) {
    RETURN_IF_ERROR(RunScript(connection, connection.engine(), *migration, guarded));
    for (std::string& table : AppendOnlyTables(migration->sql)) guarded.push_back(std::move(table));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> IsNewer(Connection& connection, absl::string_view service,
                             absl::Span<const Migration> migrations) {
  std::map<std::string, int64_t> newest;  // by owner
  for (const Migration* migration : Wanted(migrations, service))
    newest[migration->owner] = std::max(newest[migration->owner], NumberOf(migration->file));
  ASSIGN_OR_RETURN(const Result applied, connection.Query("SELECT owner, file FROM migrations"));
  return std::any_of(applied.rows.begin(), applied.rows.end(), [&newest](const Row& row) {
    const auto owner = newest.find(std::get<std::string>(row[0]));
    return owner != newest.end() && NumberOf(std::get<std::string>(row[1])) > owner->second;
  });
}

absl::StatusOr<std::vector<Column>> Columns(Connection& connection, absl::string_view table) {
  const bool is_sqlite = connection.engine() == Engine::kSqlite;
  ASSIGN_OR_RETURN(
      const Result result,
      connection.Query(is_sqlite ? kColumnsSqlite : kColumnsPostgres, {std::string(table)}));
  std::vector<Column> columns;
  for (const Row& row : result.rows)
    columns.push_back({std::get<std::string>(row[0]),
                       absl::AsciiStrToUpper(std::get<std::string>(row[1])),
                       std::get<int64_t>(row[2]) != 0, std::get<int64_t>(row[3]) != 0});
  return columns;
}

absl::StatusOr<std::vector<Index>> Indexes(Connection& connection, absl::string_view table) {
  const bool is_sqlite = connection.engine() == Engine::kSqlite;
  ASSIGN_OR_RETURN(
      const Result result,
      connection.Query(is_sqlite ? kIndexesSqlite : kIndexesPostgres, {std::string(table)}));
  std::vector<Index> indexes;
  std::string last;
  for (const Row& row : result.rows) {
    const std::string& name = std::get<std::string>(row[0]);
    if (indexes.empty() || name != last) indexes.emplace_back();
    last = name;
    Index& index = indexes.back();
    index.columns.push_back(std::get<std::string>(row[1]));
    index.unique = std::get<int64_t>(row[2]) != 0;
    index.partial = std::get<int64_t>(row[3]) != 0;
  }
  return indexes;
}

}  // namespace vivier::storage
