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
  EXPECT_EQ(goals.size(), 5u) << "each goal has what it needs";
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

}  // namespace
}  // namespace vivier::testing
