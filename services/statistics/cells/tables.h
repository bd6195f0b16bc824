// The declared tables: all that statistics counts, keeps and sends. A table has at most three
// dimensions, the cohort included, and a purpose; what is not declared here is not counted.
// Immutable; thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace vivier::statistics {

struct Dimension {
  std::string name;
  std::vector<std::string> values;  // every value that may occur
};

struct TableDefinition {
  std::string id;
  bool by_cohort;
  std::vector<Dimension> dimensions;  // besides the cohort
  std::string unit;  // "persons", "applications", "seats", "minutes", "euro cents" …
  std::string purpose;
  // The table of which this one is a division by its last dimension: their sums are equal. Empty
  // when there is none.
  std::string divides;
  bool may_be_negative = false;
  // The first version of the dictionary that has it. A table never changes: other values make
  // another table.
  int since = 1;
};

// The newest version of the dictionary of tables, which a submission names.
inline constexpr int kDictionaryVersion = 1;

// In the order of their ids.
absl::Span<const TableDefinition> DeclaredTables();

// Null when there is no such table.
const TableDefinition* FindTable(const std::string& id);

// Whether `values` has one declared value for each dimension besides the cohort.
bool FitsTable(const TableDefinition& table, const std::vector<std::string>& values);

// A cell without its cohort, and counts by it.
struct CellKey {
  std::string table;
  std::vector<std::string> values;
  auto operator<=>(const CellKey&) const = default;
};
using Counts = std::map<CellKey, int64_t>;

// Counts of each year.
using ByYear = std::map<int, Counts>;

}  // namespace vivier::statistics
