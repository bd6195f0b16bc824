// Where each cell of the declared tables stands in a dense vector: tables in the order of their
// ids, within each its values, the last dimension the fastest. A vector is kept with the version of
// the dictionary that it was laid out by, so that a later version reads it. Immutable; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "services/statistics/cells/tables.h"

namespace vivier::statistics {

class Layout {
 public:
  // Of a version from 1 to kDictionaryVersion; null of any other.
  static const Layout* Of(int version);

  size_t size() const { return cells_.size(); }
  const CellKey& at(size_t position) const { return cells_[position]; }
  std::optional<size_t> PositionOf(const CellKey& cell) const;

  // The ids of its tables, in their order.
  const std::vector<std::string>& tables() const { return tables_; }

  // The cells of a vector that are not 0. A vector of another length has none beyond its end.
  template <class Vector>
  Counts Read(const Vector& vector) const {
    Counts counts;
    for (size_t i = 0; i < size() && i < static_cast<size_t>(vector.size()); ++i)
      if (vector[static_cast<int>(i)] != 0) counts[at(i)] = vector[static_cast<int>(i)];
    return counts;
  }

 private:
  explicit Layout(int version);

  std::vector<std::string> tables_;
  std::vector<CellKey> cells_;
  std::map<CellKey, size_t> positions_;
};

}  // namespace vivier::statistics
