// Looks at the plans of all statements that a test program has run, on both engines, when its tests
// are done: a full scan of a table that grows, or a sort of what grows, fails the program. What was
// found good is remembered in the folder that VIVIER_PLANS names, under the hash of the statement
// and of all migrations, so that each statement is looked at once.
#pragma once

#include <string>
#include <vector>

namespace vivier::testing {

// From main, before the tests run.
void WatchPlans();

// What is wrong with the plan of `sql` on a database that has the tables of every service, "" where
// nothing is; for each engine. Statements of tables that no migration makes are not known there.
std::vector<std::string> FaultsOf(const std::vector<std::string>& statements);

}  // namespace vivier::testing
