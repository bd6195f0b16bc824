// Whatever follows from something is found when it is changed, without any key: every column of
// every table of every service, one value at a time, and rows deleted, doubled, moved and put back
// as they were. What follows from nothing is printed. Of the site of a whole story a part is drawn;
// tamper_long_test.cc tries all of it, on both engines.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/tamper/lived_in.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint32_t kSeed = 20261130;
constexpr int kChangesMax = 4;

void ExpectAllFound(StoppedSite& site, const Snapshot& admitted, int one_in) {
  ASSERT_THAT(site.FoundInTruth(), IsEmpty());
  Tampering tampering(site, kSeed, kChangesMax, Tampering::Until::kFound, one_in);
  int tried = 0;
  for (const std::string& service : site.services()) {
    const std::vector<Verdict> verdicts = tampering.Run(service, admitted);
    for (const Verdict& verdict : verdicts) tried += verdict.tried;
    std::printf("%s", Report(verdicts).c_str());
    EXPECT_THAT(Missed(verdicts), IsEmpty());
  }
  std::printf("%d changes, seed %u\n", tried, kSeed);
  EXPECT_GT(tried, 100);
}

class TamperTest : public ::testing::TestWithParam<storage::Engine> {};

TEST_P(TamperTest, FindsWhateverFollowsFromSomething) {
  World world(GetParam());
  Snapshot admitted;
  LiveInSmall(world, admitted);
  world.Stop();
  StoppedSite site(world);
  ExpectAllFound(site, admitted, 1);
}

// With the MACs of rows and the sums of tables, whatever is changed is found.
TEST_P(TamperTest, LetsNothingPassWithTheMacs) {
  World world(GetParam());
  Snapshot admitted;
  LiveInSmall(world, admitted);
  world.Stop();
  StoppedSite site(world);
  site.blind.clear();
  Tampering tampering(site, kSeed, 1, Tampering::Until::kFound);
  std::vector<std::string> passed;
  for (const std::string& service : site.services())
    for (const Verdict& verdict : tampering.Run(service, admitted))
      if (verdict.tried > verdict.found)
        passed.push_back(absl::StrCat(service, ".", verdict.table, ".", verdict.what));
  EXPECT_THAT(passed, IsEmpty());
}

// That the first of these can fail: without its invariant the counter of seats is found by nothing.
TEST_P(TamperTest, MissesWhatNothingCompares) {
  World world(GetParam());
  Snapshot admitted;
  LiveInSmall(world, admitted);
  world.Stop();
  StoppedSite site(world);
  site.blind = {"I1", "I15"};
  const storage::Connection::Statement other_seats = {
      "UPDATE cohort_seats SET held = held + 1, taken = taken - 1 WHERE taken > 0", {}};
  const auto blind = site.Tamper("enrolment", other_seats);
  ASSERT_TRUE(blind.has_value());
  EXPECT_THAT(*blind, IsEmpty());
  site.blind = {"I15"};
  const auto seen = site.Tamper("enrolment", other_seats);
  ASSERT_TRUE(seen.has_value());
  EXPECT_THAT(*seen, Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Engines, TamperTest, BothEngines(), EngineName);

TEST(TamperedStory, IsFoundWhereItFollowsFromSomething) {
  World world(storage::Engine::kSqlite);
  Snapshot admitted;
  LiveIn(world, admitted);
  world.Stop();
  StoppedSite site(world);
  ExpectAllFound(site, admitted, 5);
}

// A trigger does by itself what nobody asked for: it is told with the start, and by verify.
TEST(TamperedSchema, IsToldAtTheStartAndByVerify) {
  constexpr char kSpy[] =
      "trigger candidates.spy was not made by this program: CREATE TRIGGER spy AFTER INSERT ON "
      "candidates BEGIN DELETE FROM answers; END";
  World world(storage::Engine::kSqlite);
  world.Stop();
  {
    const auto database = *storage::Database::Open(world.DatabaseUrl("enrolment"));
    const auto connection = *database->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection->Script("CREATE TRIGGER spy AFTER INSERT ON candidates BEGIN DELETE FROM "
                                 "answers; END;"),
              absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  ::testing::internal::CaptureStderr();
  world.Start();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr(kSpy));
  site::v1::VerifyInvariantsRequest request;
  request.set_parent("schools/nancy");
  const auto verified = world.Call<site::v1::VerifyInvariantsResponse>(request);
  ASSERT_TRUE(verified.ok()) << verified.status();
  std::vector<std::string> told;
  for (const site::v1::InvariantReport& report : verified->reports())
    if (report.violations() > 0)
      told.push_back(
          absl::StrCat(report.invariant(), " ", report.service(), ": ", report.explanation()));
  EXPECT_EQ(told, std::vector<std::string>{absl::StrCat("I19 enrolment: ", kSpy)});
}

}  // namespace
}  // namespace vivier::testing
