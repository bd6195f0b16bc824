#include "shared/storage/log/mac_audit.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/house_tables.h"

namespace vivier::storage {
namespace {

// Rows that are read at a time.
constexpr int kPage = 500;

constexpr char kWrong[] = "was not written by the program";
constexpr char kNewer[] = "has columns that this program does not know";

std::string NameOf(const MacTable& table, const Row& row) {
  std::string name = table.layout->table;
  for (size_t i = 1; i < table.keys; ++i) {
    const int64_t* number = std::get_if<int64_t>(&row[i]);
    const std::string* text = std::get_if<std::string>(&row[i]);
    absl::StrAppend(&name, "/",
                    number != nullptr ? absl::StrCat(*number)
                    : text != nullptr ? *text
                                      : "?");
  }
  return name;
}

// Adds up what the table's rows have in `sums`, and gives their number.
absl::StatusOr<int64_t> CheckTable(Transaction& transaction, const MacTable& table, TableSums& sums,
                                   const MacBreach& breach) {
  const auto keys = static_cast<std::ptrdiff_t>(table.keys);
  int64_t rows = 0;
  std::vector<Value> after = {Value(transaction.school())};
  while (true) {
    ASSIGN_OR_RETURN(const Result page, transaction.connection().Query(
                                            PageOf(table, kPage, after.size() == 1), after));
    for (const Row& row : page.rows) {
      ++rows;
      const auto values = absl::MakeConstSpan(row).first(table.columns.size());
      const MacVerdict verdict =
          CheckMac(transaction.school_key()->row_keys(), *table.layout, values, row.back());
      if (verdict != MacVerdict::kGood)
        breach(NameOf(table, row), verdict == MacVerdict::kWrong ? kWrong : kNewer);
      if (const Bytes* mac = std::get_if<Bytes>(&row.back());
          mac != nullptr && mac->data.size() >= security::kMacSize)
        sums.Add(table.layout->table, mac->data);
    }
    if (page.rows.size() < kPage) return rows;
    after.assign(page.rows.back().begin(), page.rows.back().begin() + keys);
  }
}

// "typeof(number) NOT IN ('integer', 'null')"
std::string IsForeign(const Column& column) {
  const char* type = column.type == "BIGINT" ? "integer" : column.type == "TEXT" ? "text" : "blob";
  return absl::StrCat("typeof(", column.name, ") NOT IN ('", type, "', 'null')");
}

// The name of the first row with a value of a foreign type, and which.
std::string ForeignOf(const std::string& table, absl::Span<const std::string> keys,
                      absl::Span<const Column> columns) {
  std::string name = absl::StrCat("'", table, "'"), which = "CASE";
  std::vector<std::string> conditions;
  for (const std::string& key : keys) absl::StrAppend(&name, " || '/' || CAST(", key, " AS TEXT)");
  for (const Column& column : columns) {
    conditions.push_back(IsForeign(column));
    absl::StrAppend(&which, " WHEN ", conditions.back(), " THEN '", column.name, " holds no ",
                    column.type, "'");
  }
  return absl::StrCat("SELECT ", name, ", ", which, " END FROM ", table, " WHERE school = $1 AND (",
                      absl::StrJoin(conditions, " OR "), ") LIMIT 1");
}

}  // namespace

absl::Status BeginAnew(Transaction& transaction) {
  Connection& connection = transaction.connection();
  if (!connection.InTransaction()) return connection.Health();
  connection.Rollback();
  return connection.Begin(Access::kLongRead);
}

absl::Status TellForeign(Transaction& transaction, const std::string& table,
                         absl::Span<const std::string> keys, const absl::Status& status,
                         const MacBreach& breach) {
  if (!absl::IsInternal(status) || transaction.connection().engine() != Engine::kSqlite)
    return status;
  RETURN_IF_ERROR(BeginAnew(transaction));
  ASSIGN_OR_RETURN(const std::vector<Column> columns, Columns(transaction.connection(), table));
  ASSIGN_OR_RETURN(const Result found,
                   transaction.connection().Query(ForeignOf(table, keys, columns),
                                                  {Value(transaction.school())}));
  if (found.rows.empty()) return status;
  breach(std::get<std::string>(found.rows[0][0]),
         absl::StrCat(std::get<std::string>(found.rows[0][1]),
                      ": no program of ours wrote it, and the table cannot be read past it"));
  return absl::OkStatus();
}

std::string PageOf(const MacTable& table, int rows, bool is_first) {
  const std::vector<std::string> key(
      table.columns.begin() + 1, table.columns.begin() + static_cast<std::ptrdiff_t>(table.keys));
  std::vector<std::string> places;
  for (size_t i = 0; i < key.size(); ++i) places.push_back(absl::StrCat("$", i + 2));
  const std::string order = absl::StrJoin(key, ", ");
  return absl::StrCat(
      "SELECT ", absl::StrJoin(table.columns, ", "), ", mac FROM ", table.layout->table,
      " WHERE school = $1",
      is_first ? "" : absl::StrCat(" AND (", order, ") > (", absl::StrJoin(places, ", "), ")"),
      " ORDER BY ", order, " LIMIT ", rows);
}

absl::Status CheckHasHead(Transaction& transaction, absl::Span<const MacTable> tables) {
  const std::vector<Value> school = {Value(transaction.school())};
  const auto has_row = [&](const std::string& table) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(
        const Result found,
        transaction.connection().Query(
            absl::StrCat("SELECT school FROM ", table, " WHERE school = $1 LIMIT 1"), school));
    return !found.rows.empty();
  };
  ASSIGN_OR_RETURN(const bool has_head, has_row("heads"));
  if (has_head) return absl::OkStatus();
  std::vector<std::string> names = {"events", "audit_records", "reading_records"};
  for (const MacTable& table : tables) names.push_back(table.layout->table);
  for (const std::string& table : names) {
    ASSIGN_OR_RETURN(const bool has_rows, has_row(table));
    if (has_rows)
      return Error(absl::StatusCode::kDataLoss, "ROW_CHANGED",
                   absl::StrCat("the school ", transaction.school(), " has rows of ", table,
                                " and no head row, which was deleted outside the program: restore "
                                "a backup (vivier restore --replace)"),
                   {{"table", "heads"}, {"row", transaction.school()}});
  }
  return absl::OkStatus();
}

std::vector<MacTable> MacTablesOf(absl::Span<const Schema* const> schemas) {
  std::vector<MacTable> tables;
  for (const Schema* schema : schemas) {
    MacTable table{&schema->layout(), {"school", "name", "version"}, 2};
    for (const Schema::Column& column : schema->columns())
      table.columns.push_back(column.field->name());
    tables.push_back(std::move(table));
  }
  for (const PlainTable* plain : house::Tables())
    tables.push_back({&plain->layout(), plain->columns(), plain->keys()});
  return tables;
}

absl::StatusOr<int64_t> CheckMacs(Transaction& transaction, absl::Span<const MacTable> tables,
                                  const MacBreach& breach) {
  if (transaction.school_key() == nullptr) return 0;
  int64_t rows = 0;
  TableSums found;
  std::set<std::string> names, unread;
  for (const MacTable& table : tables) {
    const absl::StatusOr<int64_t> of_table = CheckTable(transaction, table, found, breach);
    if (of_table.ok()) {
      rows += *of_table;
      names.insert(table.layout->table);
      continue;
    }
    RETURN_IF_ERROR(TellForeign(transaction, table.layout->table,
                                absl::MakeConstSpan(table.columns).subspan(1, table.keys - 1),
                                of_table.status(), breach));
    unread.insert(table.layout->table);
  }
  const absl::StatusOr<Head> head = ReadHead(transaction);
  if (absl::IsDataLoss(head.status())) {
    breach(absl::StrCat("heads/", transaction.school()), kWrong);
    return rows;
  }
  RETURN_IF_ERROR(head.status());
  for (const auto& [table, sum] : head->sums.tables())
    if (unread.count(table) == 0) names.insert(table);
  for (const std::string& table : names)
    if (const std::string why = head->sums.DifferenceTo(found, table); !why.empty())
      breach(table, why);
  return rows;
}

}  // namespace vivier::storage
