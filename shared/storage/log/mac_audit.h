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

// What is wrong: "candidates/schools/nancy/candidates/zoe", and why.
using MacBreach = std::function<void(const std::string& row, const std::string& why)>;

// Tells every breach, and gives the number of rows that were looked at. All are good where the
// transaction has no school key.
absl::StatusOr<int64_t> CheckMacs(Transaction& transaction, absl::Span<const MacTable> tables,
                                  const MacBreach& breach);

}  // namespace vivier::storage
