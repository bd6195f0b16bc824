#include "services/enrolment/selection/states.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vivier::enrolment {
namespace {

using ::testing::HasSubstr;
using v1::Application;

TEST(States, EachIsBeforePlayInPlayOrEnded) {
  for (int number = Application::SUBMITTED; number <= Application::State_MAX; ++number) {
    const auto state = static_cast<Application::State>(number);
    const int is = (state == Application::SUBMITTED) + IsInPlay(state) + HasEnded(state);
    EXPECT_EQ(is, 1) << Application::State_Name(state);
    EXPECT_LE(IsHeld(state) + IsTaken(state), IsInPlay(state)) << Application::State_Name(state);
  }
}

TEST(States, SqlNamesThoseOfTheFunction) {
  EXPECT_EQ(WhereState(IsHeld),
            "CASE state WHEN 'FUNDING_PENDING' THEN 1 WHEN 'AWAITING_FUNDING' THEN 1 "
            "ELSE 0 END = 1");
  EXPECT_EQ(WhereState(IsTaken, "a.state"),
            "CASE a.state WHEN 'ADMITTED' THEN 1 WHEN 'ACCEPTED' THEN 1 ELSE 0 END = 1");
}

// An engine uses a partial index only where it reads the index's own condition.
TEST(States, IndexesHaveTheSameTexts) {
  const char* source = std::getenv("VIVIER_SOURCE");
  ASSERT_NE(source, nullptr);
  std::stringstream file;
  file << std::ifstream(absl::StrCat(source, "/services/enrolment/schema/006_line.sql")).rdbuf();
  std::string schema = file.str();
  absl::RemoveExtraAsciiWhitespace(&schema);
  EXPECT_THAT(schema, HasSubstr(absl::StrCat("WHERE rank > 0 AND ", InPlaySql(), ";")));
  EXPECT_THAT(schema, HasSubstr(absl::StrCat("WHERE ", HasSeatSql(), ";")));
}

}  // namespace
}  // namespace vivier::enrolment
