// What a new school lacks, on both engines: every row of the table is asked for, and is lacking.
#include "shared/checklist/checklist.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/command/places.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Needs, AreOfServicesInTheOrderOfTheirGoals) {
  const std::vector<std::string> services = rpc::TradeServices();
  int goal = 0;
  std::set<int> goals;
  for (const checklist::Need& need : checklist::Needs()) {
    EXPECT_EQ(std::count(services.begin(), services.end(), need.service), 1) << need.what;
    EXPECT_GE(need.goal, goal) << need.what;
    goals.insert(goal = need.goal);
  }
  EXPECT_EQ(goals.size(), 7u) << "each goal has what it needs";
}

class ChecklistCommand : public ::testing::TestWithParam<storage::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, ChecklistCommand, BothEngines(), EngineName);

TEST_P(ChecklistCommand, SaysWhatANewSchoolLacks) {
  const Place place;
  std::string options = "--data d --development";
  if (GetParam() == storage::Engine::kPostgres)
    absl::StrAppend(&options, " --engine postgres --postgres '", FreshPostgres(), "'");
  ASSERT_EQ(place.Run("vivier migrate " + options).status, 0);
  ASSERT_EQ(place.Run("vivier create-keys " + options).status, 0);
  const Ran empty = place.Run("vivier checklist " + options);
  EXPECT_EQ(empty.status, 1);
  for (const checklist::Need& need : checklist::Needs()) {
    if (checklist::KindOf(need.goal) == checklist::Kind::kNode) continue;
    EXPECT_THAT(empty.text, HasSubstr(absl::StrCat("LACKING ", need.what, "\n"))) << need.what;
    EXPECT_THAT(empty.text, HasSubstr(absl::StrCat("→ ", need.todo, "\n")));
  }
  ASSERT_EQ(place
                .Run("vivier call AnnounceTimeZone '{\"parent\": \"schools/nancy\", "
                     "\"timeZone\": \"Europe/Paris\"}' " +
                     options)
                .status,
            0);
  const Ran begun = place.Run("vivier checklist " + options);
  EXPECT_THAT(begun.text, HasSubstr("there   the school's time zone"));
  EXPECT_THAT(begun.text, Not(HasSubstr("LACKING the school's time zone")));
}

// A node runs two services, and its list can come to an end.
TEST_P(ChecklistCommand, AsksANodeForItsOwn) {
  const Place place;
  place.Write("d/config.textproto",
              "schools: 'france' network: 'test' development: true\n"
              "peers { service: 'access' address: 'unix:/none/a' }\n"
              "peers { service: 'statistics' address: 'unix:/none/s' }\n");
  std::string options = "--data d";
  if (GetParam() == storage::Engine::kPostgres)
    absl::StrAppend(&options, " --engine postgres --postgres '", FreshPostgres(), "'");
  ASSERT_EQ(place.Run("vivier migrate " + options).status, 0);
  ASSERT_EQ(place.Run("vivier create-keys " + options).status, 0);
  const Ran empty = place.Run("vivier checklist " + options);
  EXPECT_EQ(empty.status, 1);
  for (const checklist::Need& need : checklist::Needs()) {
    const std::string lacking = absl::StrCat("LACKING ", need.what, "\n");
    if (checklist::KindOf(need.goal) == checklist::Kind::kNode) {
      EXPECT_THAT(empty.text, HasSubstr(lacking));
    } else if (need.goal != site::v1::ChecklistItem::OPEN_A_COHORT) {
      EXPECT_THAT(empty.text, Not(HasSubstr(lacking)));
    }
  }
  EXPECT_THAT(empty.text, Not(HasSubstr("a parent in the configuration")));
  EXPECT_THAT(empty.text, HasSubstr("there   an issuer"));
}

}  // namespace
}  // namespace vivier::testing
