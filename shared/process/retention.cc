#include "shared/process/retention.h"

#include <algorithm>

namespace vivier::site {

absl::string_view ProvedBy(absl::string_view type) {
  const auto rows = AllProvingRows();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ProvingRows& proving) { return proving.type == type; });
  return found == rows.end() ? absl::string_view() : found->kind;
}

}  // namespace vivier::site
