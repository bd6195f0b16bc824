#include "shared/backup/tables.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"

namespace vivier::backup {
namespace {

using storage::Connection;
using storage::Engine;
using storage::Result;
using storage::Row;
using storage::Value;

// Rows of one query: a row may be 64 KiB.
constexpr size_t kPage = 500;

constexpr char kMigrations[] = "migrations";

constexpr char kTablesSqlite[] =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND $1 = 'main'";
constexpr char kTablesPostgres[] =
    "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND "
    "table_schema = CAST($1 AS TEXT)";

// Each column with its place in the primary key, 0 for none.
constexpr char kColumnsSqlite[] = "SELECT name, pk FROM pragma_table_info($2) WHERE $1 = 'main' ORDER BY cid";
constexpr char kColumnsPostgres[] =
    "SELECT CAST(c.column_name AS TEXT), CAST(COALESCE((SELECT k.ordinal_position "
    "FROM information_schema.table_constraints t JOIN information_schema.key_column_usage k ON "
    "k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name AND "
    "k.table_name = t.table_name WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema AND "
    "t.table_name = c.table_name AND k.column_name = c.column_name), 0) AS BIGINT) "
    "FROM information_schema.columns c WHERE c.table_schema = CAST($1 AS TEXT) AND "
    "c.table_name = CAST($2 AS TEXT) ORDER BY c.ordinal_position";

absl::StatusOr<Table> ReadTable(Connection& connection, const std::string& schema, const std::string& name) {
  const bool is_sqlite = connection.engine() == Engine::kSqlite;
  ASSIGN_OR_RETURN(const Result columns,
                   connection.Query(is_sqlite ? kColumnsSqlite : kColumnsPostgres, {Value(schema), Value(name)}));
  Table table{name, {}, {}};
  for (const Row& row : columns.rows) {
    table.columns.push_back(std::get<std::string>(row[0]));
    const auto place = static_cast<size_t>(std::get<int64_t>(row[1]));
    if (place > table.key.size()) table.key.resize(place);
    if (place > 0) table.key[place - 1] = table.columns.back();
  }
  if (table.key.empty()) return absl::InternalError(absl::StrCat("the table ", name, " has no primary key"));
  return table;
}

std::string Parameters(size_t count) {
  std::vector<std::string> parameters;
  for (size_t i = 1; i <= count; ++i) parameters.push_back(absl::StrCat("$", i));
  return absl::StrJoin(parameters, ", ");
}

// The rows behind the one whose key is the parameters; the first ones without parameters.
std::string PageOf(const std::string& schema, const Table& table, bool first) {
  const std::string key = absl::StrJoin(table.key, ", ");
  return absl::StrCat("SELECT ", absl::StrJoin(table.columns, ", "), " FROM ", schema, ".", table.name,
                      first ? "" : absl::StrCat(" WHERE (", key, ") > (", Parameters(table.key.size()), ")"),
                      " ORDER BY ", key, " LIMIT ", kPage);
}

}  // namespace

std::string SchemaOf(Engine engine, const std::string& service) { return engine == Engine::kSqlite ? "main" : service; }

absl::StatusOr<std::vector<Table>> ReadTables(Connection& connection, const std::string& schema) {
  const bool is_sqlite = connection.engine() == Engine::kSqlite;
  ASSIGN_OR_RETURN(const Result names, connection.Query(is_sqlite ? kTablesSqlite : kTablesPostgres, {Value(schema)}));
  std::vector<Table> tables;
  for (const Row& row : names.rows) {
    const std::string& name = std::get<std::string>(row[0]);
    if (name == kMigrations) continue;
    ASSIGN_OR_RETURN(Table table, ReadTable(connection, schema, name));
    tables.push_back(std::move(table));
  }
  std::sort(tables.begin(), tables.end(), [](const Table& a, const Table& b) { return a.name < b.name; });
  return tables;
}

absl::Status ReadRows(Connection& connection, const std::string& schema, const Table& table,
                      const std::function<absl::Status(const Row&)>& take) {
  std::vector<size_t> key_places;
  for (const std::string& column : table.key)
    key_places.push_back(
        static_cast<size_t>(std::find(table.columns.begin(), table.columns.end(), column) - table.columns.begin()));
  std::vector<Value> after;
  while (true) {
    ASSIGN_OR_RETURN(const Result page, connection.Query(PageOf(schema, table, after.empty()), after));
    for (const Row& row : page.rows) RETURN_IF_ERROR(take(row));
    if (page.rows.size() < kPage) return absl::OkStatus();
    after.clear();
    for (size_t place : key_places) after.push_back(page.rows.back()[place]);
  }
}

std::string InsertInto(const std::string& table, const std::vector<std::string>& columns) {
  return absl::StrCat("INSERT INTO ", table, " (", absl::StrJoin(columns, ", "), ") VALUES (",
                      Parameters(columns.size()), ")");
}

}  // namespace vivier::backup
