// Whether all rows of a school are those that the program wrote: each row's MAC (row_mac.h), and of
// each table how many there are and what their MACs add up to (table_sums.h), against the head row.
// Reads a table in pages, by its key.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/rows/row_mac.h"
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

// A table whose rows carry a MAC, whatever it is of.
struct MacTable {
  const MacLayout* layout;
  std::vector<std::string> columns;  // in the order of the layout; the first is the school
  size_t keys;                       // so many of them are its primary key
};

// Those of a service with these resources, and the house's.
std::vector<MacTable> MacTablesOf(absl::Span<const Schema* const> schemas);

// The SELECT of up to `rows` rows, all columns and then the MAC, in the order of the key: $1 is the
// school, and unless it is the first page $2 … are the rest of the key that it comes after.
std::string PageOf(const MacTable& table, int rows, bool is_first);

// DATA_LOSS, reason ROW_CHANGED, where the school has rows and no head row: somebody deleted it,
// and who went on without it would begin its log and its trails anew.
absl::Status CheckHasHead(Transaction& transaction, absl::Span<const MacTable> tables);

// What is wrong: "candidates/schools/nancy/candidates/zoe", and why.
using MacBreach = std::function<void(const std::string& row, const std::string& why)>;

// Where `status` says that a value of the table has another type than its column, which SQLite
// stores and no reading of the row gets past: tells which, and the transaction begins anew. Else
// gives `status` back. `keys` are the columns of the primary key without the school.
absl::Status TellForeign(Transaction& transaction, const std::string& table,
                         absl::Span<const std::string> keys, const absl::Status& status,
                         const MacBreach& breach);

// Whatever failed in the transaction, which only reads, what follows is read in another.
absl::Status BeginAnew(Transaction& transaction);

// Tells every breach, and gives the number of rows that were looked at. All are good where the
// transaction has no school key.
absl::StatusOr<int64_t> CheckMacs(Transaction& transaction, absl::Span<const MacTable> tables,
                                  const MacBreach& breach);

}  // namespace vivier::storage
