// A table that is no resource's: what the house keeps beside its services' tables. Its rows carry a
// MAC as those of resources do, so nobody writes them but through here. Immutable, thread-safe.
//
// A row is the values of all columns in the order in which they are named; the first `keys` of them
// are its primary key, of which the first is the school. One that was read has its MAC as a last
// value.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/rows/row_mac.h"

namespace vivier::storage {

class PlainTable {
 public:
  PlainTable(std::string table, size_t keys, std::vector<std::string> columns);

  const std::string& name() const { return layout_.table; }
  const MacLayout& layout() const { return layout_; }
  const std::vector<std::string>& columns() const { return columns_; }
  size_t keys() const { return keys_; }

  // In `condition`, an SQL text, $1 is the school and $2 … are `parameters`.

  // All rows that satisfy it, in the order that it may end with. DATA_LOSS, reason ROW_CHANGED,
  // where another program wrote one.
  absl::StatusOr<std::vector<Row>> Select(Transaction& transaction, absl::string_view condition,
                                          absl::Span<const Value> parameters) const;
  // The same of either condition; a row that satisfies both comes twice. For keys: SQLite builds a
  // table at each run of an IN.
  absl::StatusOr<std::vector<Row>> SelectEither(Transaction& transaction, absl::string_view one,
                                                absl::string_view other,
                                                absl::Span<const Value> parameters) const;

  // The statement of Select, for who asks several things at once, and what a row of it is judged.
  std::string SelectWhere(absl::string_view condition) const {
    return absl::StrCat(select_, condition);
  }
  absl::Status Judge(const Transaction& transaction, const Row& row) const;

  absl::Status Insert(Transaction& transaction, Row row) const;
  // Makes of a row that was read another one of the same key.
  absl::Status Update(Transaction& transaction, const Row& before, Row after) const;
  // Makes the row of that key so, whether there is one or not.
  absl::Status Put(Transaction& transaction, Row row) const;
  using Edit = std::function<void(Row&)>;
  // How many rows satisfied the condition.
  absl::StatusOr<size_t> Change(Transaction& transaction, absl::string_view condition,
                                absl::Span<const Value> parameters, const Edit& edit) const;
  absl::StatusOr<size_t> Delete(Transaction& transaction, absl::string_view condition,
                                absl::Span<const Value> parameters) const;

 private:
  absl::StatusOr<std::vector<Row>> Read(Transaction& transaction, absl::string_view statement,
                                        absl::Span<const Value> parameters) const;
  void SetMac(const Transaction& transaction, Row& row) const;
  absl::Status Check(Transaction& transaction, const Row& row) const;

  const MacLayout layout_;
  const size_t keys_;
  const std::vector<std::string> columns_;
  std::string select_, insert_, update_, by_key_;
};

// The same, when the unit succeeds.
void Insert(Unit& unit, const PlainTable& table, Row row);
void Put(Unit& unit, const PlainTable& table, Row row);
void Delete(Unit& unit, const PlainTable& table, std::string condition,
            std::vector<Value> parameters);

}  // namespace vivier::storage
