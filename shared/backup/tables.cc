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

// Each column of each table, in their order, with its place in the primary key, 0 for none. One
// query: PostgreSQL's information_schema would take a second for all.
constexpr char kColumnsSqlite[] =
    "SELECT m.name, c.name, c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c "
    "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND $1 = 'main' ORDER BY m.name, c.cid";
constexpr char kColumnsPostgres[] =
    "SELECT CAST(t.relname AS TEXT), CAST(c.attname AS TEXT), "
    "CAST(COALESCE(array_position(k.columns, c.attnum) - "
    "array_lower(k.columns, 1) + 1, 0) AS BIGINT) FROM pg_class t JOIN pg_attribute c ON "
    "c.attrelid = t.oid "
    "LEFT JOIN (SELECT indrelid, CAST(indkey AS int2[]) AS columns FROM pg_index WHERE "
    "indisprimary) k ON "
    "k.indrelid = t.oid WHERE t.relkind = 'r' AND t.relnamespace = (SELECT oid FROM pg_namespace "
    "WHERE nspname = CAST($1 AS TEXT)) AND c.attnum > 0 AND NOT c.attisdropped "
    "ORDER BY CAST(t.relname AS TEXT), c.attnum";

void AddColumn(const std::string& column, size_t place, Table& table) {
  table.columns.push_back(column);
  if (place > table.key.size()) table.key.resize(place);
  if (place > 0) table.key[place - 1] = column;
}

std::string Parameters(size_t count) {
  std::vector<std::string> parameters;
  for (size_t i = 1; i <= count; ++i) parameters.push_back(absl::StrCat("$", i));
  return absl::StrJoin(parameters, ", ");
}

// The rows behind the one whose key is the parameters; the first ones without parameters.
std::string PageOf(const std::string& schema, const Table& table, bool first) {
  const std::string key = absl::StrJoin(table.key, ", ");
  return absl::StrCat(
      "SELECT ", absl::StrJoin(table.columns, ", "), " FROM ", schema, ".", table.name,
      first ? "" : absl::StrCat(" WHERE (", key, ") > (", Parameters(table.key.size()), ")"),
      " ORDER BY ", key, " LIMIT ", kPage);
}

}  // namespace

std::string SchemaOf(Engine engine, const std::string& service) {
  return engine == Engine::kSqlite ? "main" : service;
}

absl::StatusOr<std::vector<Table>> ReadTables(Connection& connection, const std::string& schema) {
  const bool is_sqlite = connection.engine() == Engine::kSqlite;
  ASSIGN_OR_RETURN(
      const Result columns,
      connection.Query(is_sqlite ? kColumnsSqlite : kColumnsPostgres, {Value(schema)}));
  std::vector<Table> tables;
  for (const Row& row : columns.rows) {
    const std::string& name = std::get<std::string>(row[0]);
    if (name == kMigrations) continue;
    if (tables.empty() || tables.back().name != name) tables.push_back({name, {}, {}});
    AddColumn(std::get<std::string>(row[1]), static_cast<size_t>(std::get<int64_t>(row[2])),
              tables.back());
  }
  for (const Table& table : tables)
    if (table.key.empty())
      return absl::InternalError(absl::StrCat("the table ", table.name, " has no primary key"));
  return tables;
}

absl::Status ReadRows(Connection& connection, const std::string& schema, const Table& table,
                      const std::function<absl::Status(const Row&)>& take) {
  std::vector<size_t> key_places;
  for (const std::string& column : table.key)
    key_places.push_back(static_cast<size_t>(
        std::find(table.columns.begin(), table.columns.end(), column) - table.columns.begin()));
  std::vector<Value> after;
  while (true) {
    ASSIGN_OR_RETURN(const Result page,
                     connection.Query(PageOf(schema, table, after.empty()), after));
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
