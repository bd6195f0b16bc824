// Who looks makes nothing: a slip in --data leaves the disk as it was.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/command/places.h"

namespace vivier::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLooking[] = {
    "status",
    "verify",
    "audit schools/nancy",
    "events --parked",
    "events --retry",
    "call ListCohorts '{\"parent\": \"schools/nancy\"}'",
    "call GetStatus '{\"name\": \"schools/nancy\"}'",
    "export lheo",
    "export person schools/nancy/candidates/c-17",
    "erase schools/nancy/candidates/c-17",
    "evidence schools/nancy/cohorts/ia-2027",
    "import lheo catalogue.xml",
    "check",
    "checklist",
    "doctor",
    "token",
    "clock",
    "demo",
    "reconcile",
    "rotate-keys",
    "rotate-keys --new-key",
    "grant-admin 'https://id.example#ada'",
    "backup backups",
};

TEST(Looking, MakesNothingWhereTheFolderIsAbsent) {
  const Place place;
  place.Write("nancy/config.textproto", "schools: \"nancy\"\n");
  place.Write("catalogue.xml", "<lheo/>");
  const auto before = place.Content();
  for (const char* command : kLooking) {
    for (const char* development : {"", " --development"}) {
      const Ran ran = place.Run(absl::StrCat("vivier ", command, " --data nancyy", development));
      EXPECT_NE(ran.status, 0) << command << "\n" << ran.text;
      EXPECT_EQ(place.Content(), before) << command << "\n" << ran.text;
      EXPECT_THAT(ran.text, HasSubstr("nancyy")) << command;
    }
  }
}

TEST(Looking, SaysWhatStandsThereInstead) {
  const Place place;
  place.Write("nancy/config.textproto", "schools: \"nancy\"\n");
  place.Write("letters/a.txt", "a letter");
  const auto before = place.Content();
  EXPECT_THAT(place.Run("vivier status --data nancyy").text,
              HasSubstr("there is no folder nancyy; did you mean --data nancy?"));
  EXPECT_THAT(place.Run("vivier status --data letters").text,
              AllOf(HasSubstr("no school's databases are in letters; --data DIR names the folder"),
                    Not(HasSubstr("a.txt")), Not(HasSubstr("nancy"))));
  EXPECT_THAT(place.Run("vivier doctor --data letters").text,
              HasSubstr("FAIL  data: no school's databases are in letters"));
  EXPECT_THAT(place.Run("vivier status --data nancy").text,
              HasSubstr("has a configuration and no databases yet; `vivier migrate --data nancy`"));
  EXPECT_EQ(place.Content(), before);
}

TEST(Looking, ServesNothingUnconfigured) {
  const Place place;
  const Ran ran = place.Run("vivier serve all --data school");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.text, HasSubstr("there is no school/config.textproto"));
  EXPECT_THAT(ran.text, HasSubstr("--development"));
  EXPECT_TRUE(place.Content().empty());
}

TEST(Input, ComesFromAFileOrFromStandardInput) {
  const Place place;
  place.Write("request.json", "{\"parent\": \"schools/nancy\"}");
  ASSERT_EQ(place.Run("vivier migrate --data d --development").status, 0);
  ASSERT_EQ(place.Run("vivier create-keys --data d").status, 0);
  for (const char* line :
       {"vivier call ListCohorts '{\"parent\": \"schools/nancy\"}' --data d --development",
        "vivier --development --data d call ListCohorts @request.json",
        "cat request.json | vivier call ListCohorts - --data=d --development"}) {
    const Ran ran = place.Run(line);
    EXPECT_EQ(ran.status, 0) << line << "\n" << ran.text;
  }
}

TEST(Help, EndsWellOnStandardOutput) {
  const Place place;
  for (const char* line : {"vivier --help 2>/dev/null", "vivier help 2>/dev/null",
                           "vivier -h 2>/dev/null", "vivier help backup 2>/dev/null",
                           "vivier backup --help 2>/dev/null", "vivier --version 2>/dev/null"}) {
    const Ran ran = place.Run(line);
    EXPECT_EQ(ran.status, 0) << line;
    EXPECT_THAT(ran.text, AnyOf(HasSubstr("Examples"), HasSubstr("vivier 0."))) << line;
  }
}

}  // namespace
}  // namespace vivier::testing
