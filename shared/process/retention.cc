#include "shared/process/retention.h"

#include <algorithm>

namespace vivier::site {
namespace {

constexpr RetentionRule kNothingLeft = {"", 0, "", "no personal data are left in the row"};

}  // namespace

const RetentionRule& RetentionOf(absl::string_view type) {
  const auto rules = RetentionRules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const RetentionRule& rule) { return rule.type == type; });
  return found == rules.end() ? kNothingLeft : *found;
}

}  // namespace vivier::site
