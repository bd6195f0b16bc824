#include "shared/storage/log/plain_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"

namespace vivier::storage {
namespace {

// A key is always covered; the columns after it have the numbers 1, 2 ….
std::vector<int> NumbersOf(size_t keys, size_t columns) {
  std::vector<int> numbers(columns, 0);
  for (size_t i = keys; i < columns; ++i) numbers[i] = static_cast<int>(i - keys) + 1;
  return numbers;
}

// "2/zoe": the key without the school.
std::string KeyText(const Row& row, size_t keys) {
  std::vector<std::string> parts;
  for (size_t i = 1; i < keys; ++i) {
    const int64_t* number = std::get_if<int64_t>(&row[i]);
    const std::string* text = std::get_if<std::string>(&row[i]);
    parts.push_back(number != nullptr ? absl::StrCat(*number) : text != nullptr ? *text : "");
  }
  return absl::StrJoin(parts, "/");
}

}  // namespace

PlainTable::PlainTable(std::string table, size_t keys, std::vector<std::string> columns)
    : layout_(std::move(table), NumbersOf(keys, columns.size())),
      keys_(keys),
      columns_(std::move(columns)) {
  std::vector<std::string> places, key, changes;
  for (size_t i = 0; i < columns_.size(); ++i) {
    places.push_back(absl::StrCat("$", i + 1));
    (i < keys_ ? key : changes).push_back(absl::StrCat(columns_[i], " = $", i + 1));
  }
  const std::string all = absl::StrJoin(columns_, ", ");
  select_ = absl::StrCat("SELECT ", all, ", mac FROM ", name(), " WHERE school = $1 AND ");
  insert_ = absl::StrCat("INSERT INTO ", name(), " (", all, ", mac) VALUES (",
                         absl::StrJoin(places, ", "), ", $", columns_.size() + 1, ")");
  by_key_ = absl::StrJoin(key, " AND ");
  changes.push_back(absl::StrCat("mac = $", columns_.size() + 1));
  update_ =
      absl::StrCat("UPDATE ", name(), " SET ", absl::StrJoin(changes, ", "), " WHERE ", by_key_);
}

absl::StatusOr<std::vector<Row>> PlainTable::Read(Transaction& transaction,
                                                  absl::string_view statement,
                                                  absl::Span<const Value> parameters) const {
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(statement, WithSchool(transaction, parameters)));
  for (const Row& row : found.rows) RETURN_IF_ERROR(Check(transaction, row));
  return std::move(found.rows);
}

absl::StatusOr<std::vector<Row>> PlainTable::Select(Transaction& transaction,
                                                    absl::string_view condition,
                                                    absl::Span<const Value> parameters) const {
  return Read(transaction, SelectWhere(condition), parameters);
}

absl::StatusOr<std::vector<Row>> PlainTable::SelectEither(
    Transaction& transaction, absl::string_view one, absl::string_view other,
    absl::Span<const Value> parameters) const {
  return Read(transaction, absl::StrCat(select_, one, " UNION ALL ", select_, other), parameters);
}

absl::Status PlainTable::Insert(Transaction& transaction, Row row) const {
  SetMac(transaction, row);
  transaction.Counted(name(), nullptr, &row.back());
  return transaction.connection().Send(insert_, row, 1);
}

absl::Status PlainTable::Update(Transaction& transaction, const Row& before, Row after) const {
  after.resize(columns_.size());
  SetMac(transaction, after);
  transaction.Counted(name(), &before.back(), &after.back());
  return transaction.connection().Send(update_, after, 1);
}

absl::Status PlainTable::Put(Transaction& transaction, Row row) const {
  const std::vector<Value> key(row.begin() + 1, row.begin() + static_cast<std::ptrdiff_t>(keys_));
  ASSIGN_OR_RETURN(const std::vector<Row> found, Select(transaction, by_key_, key));
  return found.empty() ? Insert(transaction, std::move(row))
                       : Update(transaction, found[0], std::move(row));
}

absl::StatusOr<size_t> PlainTable::Change(Transaction& transaction, absl::string_view condition,
                                          absl::Span<const Value> parameters,
                                          const Edit& edit) const {
  ASSIGN_OR_RETURN(const std::vector<Row> found, Select(transaction, condition, parameters));
  for (const Row& row : found) {
    Row changed = row;
    edit(changed);
    RETURN_IF_ERROR(Update(transaction, row, std::move(changed)));
  }
  return found.size();
}

absl::StatusOr<size_t> PlainTable::Delete(Transaction& transaction, absl::string_view condition,
                                          absl::Span<const Value> parameters) const {
  ASSIGN_OR_RETURN(
      const Result gone,
      transaction.connection().Query(absl::StrCat("DELETE FROM ", name(), " WHERE school = $1 AND ",
                                                  condition, " RETURNING mac"),
                                     WithSchool(transaction, parameters)));
  for (const Row& row : gone.rows) transaction.Counted(name(), &row[0], nullptr);
  return gone.rows.size();
}

void PlainTable::SetMac(const Transaction& transaction, Row& row) const {
  const MacKeys* keys = transaction.row_keys();
  row.push_back(keys == nullptr ? Value() : Value(Bytes{MacOfRow(keys->front(), layout_, row)}));
}

absl::Status PlainTable::Judge(const Transaction& transaction, const Row& row) const {
  const MacKeys* keys = transaction.row_keys();
  const auto values = absl::MakeConstSpan(row).first(columns_.size());
  const MacVerdict verdict =
      keys == nullptr ? MacVerdict::kGood : CheckMac(*keys, layout_, values, row.back());
  return verdict == MacVerdict::kGood ? absl::OkStatus()
                                      : ToStatus(verdict, name(), KeyText(row, keys_));
}

// A write that has begun must not be committed in part.
absl::Status PlainTable::Check(Transaction& transaction, const Row& row) const {
  const absl::Status judged = Judge(transaction, row);
  return judged.ok() ? judged : transaction.connection().Poison(judged);
}

void Insert(Unit& unit, const PlainTable& table, Row row) {
  unit.Later([&table, row = std::move(row)](Transaction& transaction) {
    return table.Insert(transaction, row);
  });
}

void Put(Unit& unit, const PlainTable& table, Row row) {
  unit.Later([&table, row = std::move(row)](Transaction& transaction) {
    return table.Put(transaction, row);
  });
}

void Delete(Unit& unit, const PlainTable& table, std::string condition,
            std::vector<Value> parameters) {
  unit.Later([&table, condition = std::move(condition),
              parameters = std::move(parameters)](Transaction& transaction) {
    return table.Delete(transaction, condition, parameters).status();
  });
}

}  // namespace vivier::storage
