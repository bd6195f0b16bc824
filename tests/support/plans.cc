#include "tests/support/plans.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/service/catalogue.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/engines/driver.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using storage::Access;
using storage::Connection;
using storage::Engine;

// Why a statement may do what others may not.
struct Excused {
  const char* part;  // of the statement
  const char* reason;
};

constexpr Excused kExcused[] = {
    {"name IN (", "one row for each name: what is sorted is no longer than the list of them"},
    {"FROM pragma_", "the catalogue, at start"},
    {"FROM information_schema.", "the catalogue, at start"},
    {"FROM pg_index", "the catalogue, at start"},
    {"FROM migrations", "one row a file of ours"},
    {" heads ", "one row a school"},
    {"SELECT school FROM ", "the first row tells that there are any, at a start"},
    {"FROM cursors", "one row for each service that is followed"},
    {"FROM followers", "one row for each service that follows"},
    {"FROM time_zones", "one row for each move of the school"},
    {"FROM school_keys", "one row for each key that the school has had"},
    {"FROM parked_events", "what people have to look at; verify fails until it is empty"},
    {"FROM erasures", "a partial index of what is still to be done"},
    {"FROM operations WHERE school = $1 AND end_time IS NULL",
     "a partial index of what goes on; what may go on at once is bounded"},
};

std::mutex& mutex = *new std::mutex;
std::set<std::string>& seen = *new std::set<std::string>;  // guarded by mutex

void Remember(absl::string_view sql) {
  const std::lock_guard<std::mutex> guard(mutex);
  seen.emplace(sql);
}

bool IsExcused(absl::string_view sql) {
  for (const Excused& excused : kExcused)
    if (absl::StrContains(sql, excused.part)) return true;
  return false;
}

// One line of EXPLAIN QUERY PLAN.
std::string FaultOfSqlite(const std::string& step, bool merges_pages) {
  for (const char* good : {"SCAN (", "SCAN CONSTANT", "SCAN search_"})
    if (absl::StartsWith(step, good)) return "";
  if (absl::StrContains(step, "TEMP B-TREE")) return merges_pages ? "" : step;
  return absl::StartsWith(step, "SCAN ") || absl::StrContains(step, "(school=?)") ? step : "";
}

// One line of EXPLAIN. An incremental sort is one among equals, which are few. Which index is taken
// means nothing on empty tables; SQLite's rules show that.
std::string FaultOfPostgres(const std::string& step) {
  const bool sorts = absl::StrContains(step, "Sort  (") && !absl::StrContains(step, "Incremental");
  return sorts || absl::StrContains(step, "Seq Scan on") ? step : "";
}

class Plans {
 public:
  explicit Plans(Engine engine) : engine_(engine), database_(FreshDatabase(engine)) {
    for (const std::string& service : rpc::TradeServices())
      EXPECT_EQ(storage::Migrate(*database_, service), absl::OkStatus());
    connection_ = *database_->Connect(Access::kWrite);
  }

  // "" where nothing is wrong, or where the statement is of other tables. Each plan is made in a
  // transaction of its own: one that cannot be made poisons it.
  std::string FaultOf(const std::string& sql) {
    if (!connection_->Begin(Access::kWrite).ok()) return "";
    const absl::StatusOr<storage::Result> plan =
        engine_ == Engine::kSqlite ? OnSqlite(sql) : OnPostgres(sql);
    connection_->Rollback();
    if (!plan.ok()) return "";
    for (const storage::Row& row : plan->rows) {
      const std::string& step = std::get<std::string>(row.back());
      // Searches that are each as short as a page, merged into one (page_query.cc).
      const bool merges_pages = absl::StrContains(sql, ") AS search_1 ");
      const std::string fault =
          engine_ == Engine::kSqlite ? FaultOfSqlite(step, merges_pages) : FaultOfPostgres(step);
      if (!fault.empty()) return absl::StrCat(EngineName({engine_, 0}), ": ", fault, "\n    ", sql);
    }
    return "";
  }

 private:
  absl::StatusOr<storage::Result> OnSqlite(const std::string& sql) {
    const std::vector<storage::Value> nothing(storage::HighestParameter(sql));
    return connection_->Query(absl::StrCat("EXPLAIN QUERY PLAN ", sql), nothing);
  }

  // The plan for any values. On empty tables everything costs the same, so what is to be avoided is
  // made dear: it is taken only where there is nothing else.
  absl::StatusOr<storage::Result> OnPostgres(const std::string& sql) {
    const std::string name = absl::StrCat("plan_", ++plans_);
    RETURN_IF_ERROR(connection_->Script(absl::StrCat(
        "SET LOCAL plan_cache_mode=force_generic_plan; SET LOCAL enable_seqscan=off; SET LOCAL "
        "enable_sort=off; SET LOCAL enable_bitmapscan=off; PREPARE ",
        name, " AS ", sql)));
    const std::vector<std::string> nothing(storage::HighestParameter(sql), "NULL");
    return connection_->Query(
        absl::StrCat("EXPLAIN EXECUTE ", name,
                     nothing.empty() ? "" : absl::StrCat("(", absl::StrJoin(nothing, ", "), ")")));
  }

  const Engine engine_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Connection> connection_;
  int plans_ = 0;
};

bool HasPlan(absl::string_view sql) {
  for (const char* verb : {"SELECT", "UPDATE", "DELETE", "INSERT", "WITH"})
    if (absl::StartsWith(sql, verb)) return true;
  return false;
}

// Where it is remembered that the statement is good; "" where nothing is remembered.
std::string PlaceOf(const std::string& sql) {
  const char* const folder = std::getenv("VIVIER_PLANS");
  if (folder == nullptr || *folder == '\0') return "";
  static const std::string& migrations = *new std::string([] {
    std::string all;
    for (const storage::Migration& migration : storage::AllMigrations())
      absl::StrAppend(&all, migration.file, "\n", migration.sql, "\n");
    return all;
  }());
  return absl::StrCat(folder, "/", absl::BytesToHexString(Sha256(absl::StrCat(migrations, sql))));
}

class LookAtPlans : public ::testing::Environment {
 public:
  void TearDown() override {
    storage::ObserveStatements(nullptr);
    std::vector<std::string> fresh;
    for (const std::string& sql : seen)
      if (HasPlan(sql) && !std::filesystem::exists(PlaceOf(sql))) fresh.push_back(sql);
    const std::vector<std::string> faults = FaultsOf(fresh);
    EXPECT_EQ(absl::StrJoin(faults, "\n"), "") << "statements with such a plan; docs/storage.md";
    if (!faults.empty() || PlaceOf("").empty()) return;
    std::filesystem::create_directories(std::getenv("VIVIER_PLANS"));
    for (const std::string& sql : fresh) std::ofstream(PlaceOf(sql)) << sql;
  }
};

}  // namespace

std::vector<std::string> FaultsOf(const std::vector<std::string>& statements) {
  std::vector<std::string> faults;
  if (statements.empty()) return faults;
  for (Engine engine : {Engine::kSqlite, Engine::kPostgres}) {
    Plans plans(engine);
    for (const std::string& sql : statements) {
      const std::string fault = IsExcused(sql) ? "" : plans.FaultOf(sql);
      if (!fault.empty()) faults.push_back(fault);
    }
  }
  return faults;
}

void WatchPlans() {
  storage::ObserveStatements(&Remember);
  ::testing::AddGlobalTestEnvironment(new LookAtPlans);
}

}  // namespace vivier::testing
