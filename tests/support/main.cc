// The main of every folder's test program: runs the tests of the file that its argument names from
// the repository's root ("services/funding/rules_test.cc"), or those of all its files without one.
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/support/plans.h"

namespace vivier::testing {
namespace {

// GoogleTest can only be told names, so those of the file must be its own.
bool SelectTestsOf(const std::string& file) {
  std::set<std::string> wanted, others;
  const ::testing::UnitTest& unit = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < unit.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *unit.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const ::testing::TestInfo& test = *suite.GetTestInfo(j);
      const bool here = absl::EndsWith(test.file(), absl::StrCat("/", file));
      (here ? wanted : others).insert(absl::StrCat(suite.name(), ".", test.name()));
    }
  }
  if (wanted.empty()) std::fprintf(stderr, "%s has no test in this program\n", file.c_str());
  for (const std::string& name : wanted) {
    if (others.count(name) == 0) continue;
    std::fprintf(stderr, "rename %s: another file has a test of that name\n", name.c_str());
    return false;
  }
  GTEST_FLAG_SET(filter, absl::StrJoin(wanted, ":"));
  return !wanted.empty();
}

}  // namespace
}  // namespace vivier::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (std::getenv("VIVIER_LOOK_AT_PLANS") != nullptr) vivier::testing::WatchPlans();
  if (argc > 1 && !vivier::testing::SelectTestsOf(argv[1])) return 1;
  return RUN_ALL_TESTS();
}
