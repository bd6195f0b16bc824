// For each table of a school how many rows it has and what their MACs add up to, modulo 2^128: a
// multiset hash (Clarke and others, "Incremental Multiset Hash Functions", 2003), which a write
// moves on without reading the table. A row that was deleted, doubled, or put back as it was once
// has a good MAC, and shows here. The sums stand in the school's head row, under a MAC of its own.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::storage {

class TableSums {
 public:
  struct Sum {
    int64_t rows = 0;
    absl::uint128 macs = 0;
    bool operator==(const Sum& other) const { return rows == other.rows && macs == other.macs; }
  };

  // A row with this column `mac` comes, or goes.
  void Add(absl::string_view table, absl::string_view mac);
  void Subtract(absl::string_view table, absl::string_view mac);

  const std::map<std::string, Sum, std::less<>>& tables() const { return tables_; }
  bool operator==(const TableSums& other) const { return tables_ == other.tables_; }
  // What the table has in `found` and not in these sums, "" where they are one.
  std::string DifferenceTo(const TableSums& found, const std::string& table) const;

  std::string Encode() const;
  // INTERNAL where it is no encoding.
  static absl::StatusOr<TableSums> Decode(absl::string_view bytes);

 private:
  void Move(absl::string_view table, int64_t rows, absl::uint128 macs);

  std::map<std::string, Sum, std::less<>> tables_;  // none of what is empty
};

}  // namespace vivier::storage
