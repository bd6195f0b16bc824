// How much longer each act takes with 5,000 than with 200: the lower quartile of many, which the
// rest of the machine moves less than the median, on both engines. Prints a line for each.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/walls/draft_heap.h"
#include "tests/walls/member_crowd.h"
#include "tests/walls/ranked_crowd.h"

namespace vivier::testing {
namespace {

constexpr int kFew = 200;
// Rounds in which both sizes take turns, so that whatever else the machine does meets both.
constexpr int kRounds = 80;
constexpr int kWarmingRounds = 20;  // of which nothing is told
constexpr double kRatioMax = 2.0;

class WallsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  template <class Crowd>
  void Compare(Crowd& few, Crowd& many) {
    for (Crowd* crowd : {&few, &many}) {
      crowd->service().Execute("ANALYZE");
      crowd->service().rolls_back = true;
    }
    for (const typename Crowd::Act& act : Crowd::Acts()) {
      std::vector<double> short_of, long_of;
      for (int round = -kWarmingRounds; round < kRounds; ++round) {
        const double a = Take(few, act), b = Take(many, act);
        if (round < 0) continue;
        short_of.push_back(a);
        long_of.push_back(b);
      }
      const double a = LowerQuartile(short_of), b = LowerQuartile(long_of);
      std::cout << absl::StreamFormat(
          "%-9s %-36s %8.1f us %8.1f us  ratio %.2f\n",
          GetParam() == storage::Engine::kSqlite ? "sqlite" : "postgres", act.name, a, b, b / a);
      EXPECT_LE(b / a, kRatioMax) << act.name;
    }
  }

  template <class Crowd>
  static double Take(Crowd& crowd, const typename Crowd::Act& act) {
    const absl::Time start = absl::Now();
    act.run(crowd);
    return absl::ToDoubleMicroseconds(absl::Now() - start);
  }

  static double LowerQuartile(std::vector<double>& values) {
    std::nth_element(values.begin(), values.begin() + kRounds / 4, values.end());
    return values[kRounds / 4];
  }
};

TEST_P(WallsTest, RankedApplications) {
  RankedCrowd few(GetParam(), kFew, kFew), many(GetParam(), 5000, 5000);
  Compare(few, many);
}

TEST_P(WallsTest, DraftsOfAFunder) {
  DraftHeap few(GetParam(), kFew), many(GetParam(), 5000);
  Compare(few, many);
}

TEST_P(WallsTest, SchoolsAtAParent) {
  MemberCrowd few(GetParam(), kFew), many(GetParam(), 3000);
  Compare(few, many);
}

INSTANTIATE_TEST_SUITE_P(Engines, WallsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
