#include "shared/rpc/read_budgets.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace vivier::rpc {
namespace {

int Larger(int one, int other) { return one < 0 || other < 0 ? kUnbounded : std::max(one, other); }

int Smaller(int one, int other) {
  if (one < 0) return other;
  return other < 0 ? one : std::min(one, other);
}

}  // namespace

ReadBudgets::ReadBudgets() {
  for (const RoleBudget& line : RoleBudgets()) by_role_[std::string(line.role)] = line.budget;
}

void ReadBudgets::Set(const std::string& role, const ReadBudget& budget) {
  const auto set = [&budget](ReadBudget& known) {
    if (budget.opened != 0) known.opened = budget.opened;
    if (budget.rows != 0) known.rows = budget.rows;
  };
  if (!role.empty()) return set(by_role_.try_emplace(role, by_role_[""]).first->second);
  for (auto& [name, known] : by_role_) set(known);
}

ReadBudget ReadBudgets::Of(const security::Caller& caller) const {
  std::optional<ReadBudget> found;
  for (const std::string& role : caller.roles) {
    const auto line = by_role_.find(role);
    if (line == by_role_.end()) continue;
    const ReadBudget& budget = line->second;
    found = found.has_value()
                ? ReadBudget{Larger(found->opened, budget.opened), Larger(found->rows, budget.rows)}
                : budget;
  }
  if (found.has_value()) return *found;
  ReadBudget rest = by_role_.find("")->second;
  if (caller.kind != security::Caller::Kind::kPartner) return rest;
  for (const auto& [role, budget] : by_role_)
    rest = {Smaller(rest.opened, budget.opened), Smaller(rest.rows, budget.rows)};
  return rest;
}

}  // namespace vivier::rpc
