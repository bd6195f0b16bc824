#include "shared/storage/log/mac_audit.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"
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

// What a table has that its sum does not say, "" where they are one.
std::string Difference(const TableSums& written, const TableSums& found, const std::string& table) {
  const auto in = [&table](const TableSums& sums) {
    const auto sum = sums.tables().find(table);
    return sum == sums.tables().end() ? TableSums::Sum() : sum->second;
  };
  if (in(written) == in(found)) return "";
  if (in(written).rows == in(found).rows)
    return absl::StrCat("has other rows than the ", in(written).rows, " that were written");
  return absl::StrCat("has ", in(found).rows, " rows, ", in(written).rows, " were written");
}

}  // namespace

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
  std::set<std::string> names;
  for (const MacTable& table : tables) {
    ASSIGN_OR_RETURN(const int64_t of_table, CheckTable(transaction, table, found, breach));
    rows += of_table;
    names.insert(table.layout->table);
  }
  const absl::StatusOr<Head> head = ReadHead(transaction);
  if (absl::IsDataLoss(head.status())) {
    breach(absl::StrCat("heads/", transaction.school()), kWrong);
    return rows;
  }
  RETURN_IF_ERROR(head.status());
  for (const auto& [table, sum] : head->sums.tables()) names.insert(table);
  for (const std::string& table : names)
    if (const std::string why = Difference(head->sums, found, table); !why.empty())
      breach(table, why);
  return rows;
}

}  // namespace vivier::storage
