// Prometheus' own tool on the alerts: they are well formed, and each fires when its condition has
// lasted as long as the rule says, and not before (tests/journey/alert_times.yaml).
#include <sys/wait.h>

#include <cstdlib>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "re2/re2.h"
#include "tests/journey/prometheus.h"

namespace vivier::testing {
namespace {

int Promtool(const std::string& words) {
  return WEXITSTATUS(std::system(("promtool " + words + " 1>&2").c_str()));
}

std::set<std::string> Named(const std::string& text, const std::string& pattern) {
  std::set<std::string> names;
  re2::StringPiece rest(text);
  for (std::string name; RE2::FindAndConsume(&rest, pattern, &name);) names.insert(name);
  return names;
}

TEST(Rules, AreWellFormed) {
  EXPECT_EQ(Promtool("check rules '" + SourceFile("deploy/monitoring/alerts.yaml") + "'"), 0);
}

TEST(Rules, FireInTime) {
  EXPECT_EQ(Promtool("test rules '" + SourceFile("tests/journey/alert_times.yaml") + "'"), 0);
}

TEST(Rules, EachHasATestOfItsTime) {
  const auto alerts =
      Named(ReadText(SourceFile("deploy/monitoring/alerts.yaml")), "alert: ([A-Za-z]+)");
  EXPECT_FALSE(alerts.empty());
  EXPECT_EQ(Named(ReadText(SourceFile("tests/journey/alert_times.yaml")), "name: ([A-Za-z]+)"),
            alerts);
}

}  // namespace
}  // namespace vivier::testing
