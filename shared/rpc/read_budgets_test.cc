#include "shared/rpc/read_budgets.h"

#include "gtest/gtest.h"
#include "shared/security/roles.h"

namespace vivier::rpc {
namespace {

using security::Caller;

Caller With(const std::vector<std::string>& roles, Caller::Kind kind = Caller::Kind::kPerson) {
  return {"somebody", kind, roles, {"nancy"}, ""};
}

TEST(ReadBudgets, NamesRolesThatThereAre) {
  for (const RoleBudget& line : RoleBudgets())
    EXPECT_TRUE(line.role.empty() || security::IsRole(line.role)) << line.role;
}

TEST(ReadBudgets, LetsTheLargestOrdinaryDaysPass) {
  const ReadBudgets budgets;
  for (const char* role : {"admissions_officer", "assessor"}) {
    EXPECT_GE(budgets.Of(With({role})).opened, 260) << role;  // applications of a round, assessed
    EXPECT_GE(budgets.Of(With({role})).rows, 260) << role;    // and listed
  }
  // Reservations of a year name candidates; the earnings of the same seats name learners.
  EXPECT_GE(budgets.Of(With({"finance_officer"})).rows, 2 * 240);
  EXPECT_EQ(budgets.Of(With({"partner"}, Caller::Kind::kPartner)).opened, 50);
}

TEST(ReadBudgets, GivesTheLargestOfSeveralRoles) {
  ReadBudgets budgets;
  budgets.Set("trainer", {1, 7});
  budgets.Set("assessor", {5, 2});
  const ReadBudget both = budgets.Of(With({"trainer", "assessor", "permission:cohorts.get"}));
  EXPECT_EQ(both.opened, 5);
  EXPECT_EQ(both.rows, 7);
  budgets.Set("trainer", {kUnbounded, 0});
  EXPECT_EQ(budgets.Of(With({"trainer", "assessor"})).opened, kUnbounded);
  EXPECT_EQ(budgets.Of(With({"trainer"})).rows, 7);  // 0 leaves it
}

TEST(ReadBudgets, GivesOthersWhatNoLineNames) {
  ReadBudgets budgets;
  budgets.Set("", {3, 0});
  EXPECT_EQ(budgets.Of(With({"permission:cohorts.get"})).opened, 3);
  EXPECT_EQ(budgets.Of(With({"partner"}, Caller::Kind::kPartner)).opened, 3);
  const ReadBudget outsider = ReadBudgets().Of(With({"unknown"}, Caller::Kind::kPartner));
  EXPECT_EQ(outsider.opened, 50);
  EXPECT_EQ(outsider.rows, 150);
}

}  // namespace
}  // namespace vivier::rpc
