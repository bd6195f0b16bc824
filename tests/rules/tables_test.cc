// Every rule table of the program is sound, its cases hold, and its cases notice whatever is
// changed in it.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "shared/rules/cases.h"
#include "shared/rules/compiled.h"
#include "shared/rules/lint.h"
#include "shared/rules/mutants.h"
#include "shared/rules/reader.h"

namespace vivier::rules {
namespace {

// A day before every review: a table that becomes due is no broken build.
const absl::CivilDay kToday(2026, 11, 30);

TEST(RuleTables, AreFoundByTheBuild) {
  EXPECT_GE(CompiledTables().size(), 12u);
  EXPECT_NE(FindTable("R-tutor"), nullptr);
  EXPECT_EQ(FindTable("R-nothing"), nullptr);
}

TEST(RuleTables, HaveNoFindingOfLint) {
  for (const Compiled& compiled : CompiledTables())
    for (const LintFinding& finding : Lint(compiled.table, kToday))
      ADD_FAILURE() << compiled.path << ":" << finding.line << ": " << finding.what;
}

TEST(RuleTables, KeepTheirCases) {
  for (const Compiled& compiled : CompiledTables()) {
    EXPECT_GT(CountCases(compiled.table), 0) << compiled.path;
    for (const CaseFailure& failure : RunCases(compiled.table))
      ADD_FAILURE() << compiled.path << ":" << failure.line << ": " << failure.what;
  }
}

TEST(RuleTables, NoticeEachChange) {
  for (const Compiled& compiled : CompiledTables())
    for (uint32_t seed : {1u, 2u, 3u})
      for (const Survivor& survivor : FindSurvivors(compiled.table, seed))
        ADD_FAILURE() << compiled.path << ":" << survivor.line << ": " << survivor.what
                      << ": no case notices";
}

// The example of the page is a table like any other.
TEST(RuleTables, TheExampleOfThePageHolds) {
  const char* source = std::getenv("VIVIER_SOURCE");
  ASSERT_NE(source, nullptr);
  std::stringstream page;
  page << std::ifstream(std::string(source) + "/docs/rules.md").rdbuf();
  const std::string text = page.str(), open = "```table\n";
  const size_t from = text.find(open);
  ASSERT_NE(from, std::string::npos);
  const size_t until = text.find("```", from + open.size());
  const absl::StatusOr<Table> table =
      ReadTable(text.substr(from + open.size(), until - from - open.size()));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(Lint(*table, kToday).empty());
  EXPECT_TRUE(RunCases(*table).empty());
  for (const Survivor& survivor : FindSurvivors(*table, 1)) ADD_FAILURE() << survivor.what;
}

TEST(RuleTables, NameNobody) {
  for (const Compiled& compiled : CompiledTables())
    EXPECT_EQ(compiled.table.origin.confirmed, "not yet confirmed") << compiled.path;
}

}  // namespace
}  // namespace vivier::rules
