// Fresh databases for tests, one per call, on both engines. SQLite: a file in a folder of this
// process. PostgreSQL: a schema of its own in the server that VIVIER_TEST_POSTGRES (a libpq
// connection string) names, else in a private server that the process starts with its first use and
// stops at its end. A machine without PostgreSQL fails the test, it never skips. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/storage/engines/database.h"

namespace vivier::testing {

// A URL for storage::Database::Open that nobody used before, so that a test can open the same
// database twice. What it names is dropped at the end of the process, and on SQLite its folder with
// it.
std::string FreshUrl(storage::Engine engine);

// A libpq connection string of an empty PostgreSQL database of its own, for several services with a
// schema each.
std::string FreshPostgres();

// Open(FreshUrl(engine)); ends the test program with a clear message if that fails.
std::unique_ptr<storage::Database> FreshDatabase(storage::Engine engine);

// The tables that the engine's catalogue has in an open transaction, in their order.
std::vector<std::string> TablesIn(storage::Connection& connection);

// "Sqlite" or "Postgres", for the name of a parametrized test.
std::string EngineName(const ::testing::TestParamInfo<storage::Engine>& info);

// INSTANTIATE_TEST_SUITE_P(Engines, SomeTest, BothEngines(), EngineName);
inline auto BothEngines() {
  return ::testing::Values(storage::Engine::kSqlite, storage::Engine::kPostgres);
}

}  // namespace vivier::testing
