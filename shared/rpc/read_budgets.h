// How many persons a caller may be shown in a day (UTC) by one service, by role: files opened and
// rows of lists apart. The table is the trade's and stands in services/policy/read_budgets.cc; a
// site's configuration may set others. Immutable, hence thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/security/caller.h"

namespace vivier::rpc {

inline constexpr int kUnbounded = -1;  // and nothing is counted against it

// Distinct persons in a day.
struct ReadBudget {
  int opened;  // whose file was opened: the answer is about them
  int rows;    // who stood in a row of a list
};

struct RoleBudget {
  absl::string_view role;  // "" for every role that has no line
  ReadBudget budget;
};

absl::Span<const RoleBudget> RoleBudgets();

class ReadBudgets {
 public:
  ReadBudgets();

  // Sets what is not 0, for one role; for all roles where `role` is empty.
  void Set(const std::string& role, const ReadBudget& budget);

  // Of several roles the largest. Who acts for one company or funder without such a role has the
  // smallest.
  ReadBudget Of(const security::Caller& caller) const;

 private:
  std::map<std::string, ReadBudget, std::less<>> by_role_;
};

}  // namespace vivier::rpc
