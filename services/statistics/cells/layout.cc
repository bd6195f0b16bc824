#include "services/statistics/cells/layout.h"

#include <string>

namespace vivier::statistics {
namespace {

// Appends the values of the dimensions from `dimension` on to each of `values`.
void Spread(const TableDefinition& table, size_t dimension, std::vector<std::string>& values,
            std::vector<CellKey>& cells) {
  if (dimension == table.dimensions.size()) {
    cells.push_back({table.id, values});
    return;
  }
  for (const std::string& value : table.dimensions[dimension].values) {
    values.push_back(value);
    Spread(table, dimension + 1, values, cells);
    values.pop_back();
  }
}

}  // namespace

Layout::Layout(int version) {
  std::vector<std::string> values;
  for (const TableDefinition& table : DeclaredTables()) {
    if (table.since > version) continue;
    tables_.push_back(table.id);
    Spread(table, 0, values, cells_);
  }
  for (size_t i = 0; i < cells_.size(); ++i) positions_[cells_[i]] = i;
}

const Layout* Layout::Of(int version) {
  static const auto& layouts = *[] {
    auto* made = new std::vector<Layout>();
    for (int each = 1; each <= kDictionaryVersion; ++each) made->push_back(Layout(each));
    return made;
  }();
  if (version < 1 || version > kDictionaryVersion) return nullptr;
  return &layouts[static_cast<size_t>(version - 1)];
}

std::optional<size_t> Layout::PositionOf(const CellKey& cell) const {
  const auto found = positions_.find(cell);
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

}  // namespace vivier::statistics
