// I11 at a node: what all schools count together, against a model that adds up the newest figures
// of each; how many statements a query takes; and what verify says of a total that was changed. On
// both engines.
#include "services/statistics/network/totals.h"

#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "shared/storage/engines/driver.h"
#include "tests/node/members.h"
#include "tests/support/engines.h"
#include "tests/support/macs.h"
#include "tests/support/world.h"
#include "vivier/site/v1/site.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using statistics::ByYear;
using statistics::Counts;
using namespace statistics::v1;  // NOLINT: the messages of one service

class TotalsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  TotalsTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {}

  void Accept(const std::string& site, int64_t revision, const ByYear& years) {
    const auto submission = members_.Submit(members_.Request(site, revision, years));
    ASSERT_TRUE(submission.ok()) << submission.status();
    ASSERT_EQ(submission->state(), Submission::ACCEPTED)
        << absl::StrJoin(submission->findings(), "; ");
  }

  absl::StatusOr<ComputeIndicatorsResponse> Indicators(int year) {
    ComputeIndicatorsRequest request;
    request.set_parent("schools/nancy");
    request.set_year(year);
    return world_.Call<ComputeIndicatorsResponse>(request);
  }

  std::string Broken() {
    const auto verified = world_.site().Verify("nancy", relations::Detail::kFitsAnAnswer);
    EXPECT_TRUE(verified.ok()) << verified.status();
    std::set<std::string> broken;
    for (const site::v1::InvariantReport& report : verified->reports())
      if (report.violations() > 0) broken.insert(report.invariant());
    return absl::StrJoin(broken, " ");
  }
  void Change(const std::string& sql) {
    world_.Stop();
    MakeMacs(world_.DatabaseUrl("statistics"), "statistics", world_.data(), sql);
    world_.Start();
  }

  World world_;
  Members members_{world_};
};

TEST_P(TotalsTest, EqualTheSumOfTheNewestOfEachSchool) {
  std::mt19937_64 random(14);
  struct Sent {
    int64_t revision = 0;
    ByYear years;
  };
  std::map<std::string, Sent> newest;
  for (int i = 0; i < 9; ++i) newest[absl::StrCat("s", i)] = {};
  for (const auto& [site, sent] : newest) members_.Admit(site);
  for (int round = 0; round < 60; ++round) {
    const std::string site = absl::StrCat("s", random() % newest.size());
    Sent& sent = newest[site];
    const int64_t revision = sent.revision + 2 - static_cast<int64_t>(random() % 4);
    if (revision < 1) continue;
    // What is as old as the newest, or older, says something else now and must change nothing.
    const ByYear years = revision == sent.revision ? sent.years : RandomFigures(random, 30);
    Accept(site, revision, years);
    if (revision > sent.revision) sent = {revision, years};
    if (round == 30) world_.Restart();
  }
  for (int year = 2023; year < 2029; ++year) {
    Counts wanted;
    for (const auto& [site, sent] : newest) {
      const auto of_year = sent.years.find(year);
      if (of_year == sent.years.end()) continue;
      EXPECT_EQ(members_.Counted(year, site), of_year->second) << site;
      for (const auto& [cell, count] : of_year->second) wanted[cell] += count;
    }
    EXPECT_EQ(members_.Counted(year), wanted) << year;
  }
  world_.ExpectInvariants();
}

// The statements that ask for anything of this service, in their order.
std::vector<std::string> StatementsOf(const std::function<void()>& act) {
  static std::mutex& mutex = *new std::mutex;
  static auto& seen = *new std::vector<std::string>;
  seen.clear();
  storage::ObserveStatements(+[](absl::string_view sql) {
    static const char* const tables[] = {"totals",  "site_years", "submissions",
                                         "members", "cells",      "cohort_facts"};
    const std::lock_guard<std::mutex> lock(mutex);
    for (const char* table : tables)
      if (absl::StrContains(sql, absl::StrCat("FROM ", table, " "))) seen.emplace_back(sql);
  });
  act();
  storage::ObserveStatements(nullptr);
  const std::lock_guard<std::mutex> lock(mutex);
  return seen;
}

TEST_P(TotalsTest, AQueryTakesTheSameStatementsForAnyNumberOfSchools) {
  std::mt19937_64 random(3);
  std::map<int, std::vector<std::string>> statements;
  int schools = 0;
  for (const int count : {3, 300}) {
    for (; schools < count; ++schools) {
      const std::string site = absl::StrCat("s", schools);
      members_.Admit(site);
      ByYear years = RandomFigures(random, 12);
      years[2026][{"seats", {"opened"}}] = 12;
      Accept(site, 1, years);
    }
    statements[count] = StatementsOf([&] {
      const auto figures = Indicators(2026);
      ASSERT_TRUE(figures.ok()) << figures.status();
      EXPECT_EQ(figures->submitted_count(), count);
      EXPECT_EQ(figures->member_count(), count);
    });
  }
  EXPECT_GE(statements[3].size(), 2u);
  EXPECT_EQ(statements[3], statements[300]);
}

TEST_P(TotalsTest, VerifyFindsATotalThatIsNotTheSum) {
  members_.Admit("metz");
  Accept("metz", 1, {{2026, {{{"seats", {"opened"}}, 24}}}});
  EXPECT_EQ(Broken(), "");
  const std::pair<const char*, const char*> changes[] = {
      {"UPDATE totals SET schools = schools + 1", "UPDATE totals SET schools = schools - 1"},
      {"UPDATE totals SET counts = replace(counts, '24', '25')",
       "UPDATE totals SET counts = replace(counts, '25', '24')"},
      {"UPDATE totals SET year = 2025", "UPDATE totals SET year = 2026"},
      {"UPDATE site_years SET scope = 'region-44'", "UPDATE site_years SET scope = ''"},
  };
  for (const auto& [change, back] : changes) {
    Change(change);
    EXPECT_EQ(Broken(), "I11") << change;
    Change(back);
  }
  Change("DELETE FROM totals");
  EXPECT_EQ(Broken(), "I11");
}

INSTANTIATE_TEST_SUITE_P(Engines, TotalsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
