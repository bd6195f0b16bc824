// A site that is asked more than it can do goes on doing what it can: the short form of
// `vivier-bench --overload`. The server is held to a share of a processor where a control group can
// be made; without one its clients may be too slow to ask too much.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

using Figures = std::map<std::string, double>;

// {"name": number, …}
Figures Read(absl::string_view json) {
  Figures figures;
  const size_t begin = json.rfind('{'), end = json.rfind('}');
  if (begin == json.npos || end == json.npos) return figures;
  for (absl::string_view pair : absl::StrSplit(json.substr(begin + 1, end - begin - 1), ", ")) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(pair, ": ");
    const std::string name = parts.first.substr(1, parts.first.size() - 2);
    EXPECT_TRUE(absl::SimpleAtod(parts.second, &figures[name])) << pair;
  }
  return figures;
}

Figures Measure() {
  const std::string bench =
      std::filesystem::path(std::getenv("VIVIER_BINARY")).parent_path() / "vivier-bench";
  std::string output;
  for (const char* share : {"--share=20", "--share=0"}) {
    const int status = RunToEnd({"--overload", "--brief", "--quick", "--json", share}, &output,
                                absl::Minutes(2), bench);
    if (status == 0) return Read(output);
    if (!absl::StrContains(output, "no control group can be made")) break;
  }
  ADD_FAILURE() << output;
  return {};
}

// Far below what docs/overload.md tells, and above the 0.18 of a site that sheds nothing: machines
// are shared.
constexpr double kLeast = 0.2;

TEST(Overload, WhatCanBeDoneIsDone) {
  const Figures figures = Measure();
  int goodputs = 0, others = 0, failed = 0, afterwards = 0;
  for (const auto& [name, value] : figures) {
    if (absl::EndsWith(name, "_late_goodput")) {
      EXPECT_GT(value, kLeast) << name;
      ++goodputs;
    } else if (absl::StartsWith(name, "goodput_others_")) {
      EXPECT_GT(value, 0) << name;  // how much is a matter of the bench: 0.1 to 1 in these seconds
      ++others;
    } else if (absl::EndsWith(name, "_failed_share")) {
      EXPECT_EQ(value, 0) << name;
      ++failed;
    } else if (absl::EndsWith(name, "_normal_after_s")) {
      EXPECT_LT(value, 5) << name;
      ++afterwards;
    }
  }
  EXPECT_EQ(goodputs, 4);  // reads and writes, at twice and five times the peak
  EXPECT_EQ(others, 4);
  EXPECT_EQ(failed, 12);
  EXPECT_EQ(afterwards, 4);
}

}  // namespace
}  // namespace vivier::testing
