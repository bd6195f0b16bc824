// The table of shared/rpc/read_budgets.h: how many persons each role may be shown in a day by one
// service. A role's largest ordinary day passes, with room for half as much again; what a stolen
// account could carry away beyond it does not.
#include "shared/rpc/read_budgets.h"

namespace vivier::rpc {

absl::Span<const RoleBudget> RoleBudgets() {
  static constexpr RoleBudget kBudgets[] = {
      // Who opens some files and reads the lists of a few cohorts.
      {"", {200, 600}},
      // Closes a round: 260 applications listed, and each of them assessed.
      {"admissions_officer", {400, 1000}},
      // Stands in for everybody, and may go beyond with a reason.
      {"school_director", {400, 1000}},
      // Sits on a panel: scores the 260 applications of a round.
      {"assessor", {400, 600}},
      // Two cohorts of forty, with their sheets.
      {"trainer", {100, 300}},
      // Closes a year: 240 reservations listed, with the earnings and the lines of the same seats.
      {"finance_officer", {150, 1000}},
      // Opens few files; lists who is put forward, in which hiring, under which contract.
      {"partner_manager", {150, 600}},
      // The candidates put forward for a few positions: a stolen adviser's account is how the
      // trade's great breach went.
      {"partner", {50, 150}},
      // What it pays for: the seats of a year in the lines of its invoices, and few of them opened.
      {"funder", {50, 600}},
      // Goes through the journal and the findings of a year, which name whom money was for.
      {"auditor", {50, 1000}},
      // Answers persons who ask what is known of them, one by one.
      {"data_protection_officer", {50, 150}},
  };
  return kBudgets;
}

}  // namespace vivier::rpc
