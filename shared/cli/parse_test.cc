#include "shared/cli/parse.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/cli/nearest.h"
#include "shared/cli/options.h"

namespace vivier::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Option kDir = {"data", Kind::kFolder, "DIR", "the folder", "data"};
constexpr Option kFlag = {"new_key", Kind::kSwitch, "", "a switch"};
constexpr Option kCount = {"days", Kind::kNumber, "NUMBER", "how many", "30", 1, 3660};

const Table& Commands() {
  static const auto& table = *new Table{
      {"backup",
       Group::kSchool,
       "",
       {{"DIR", ""}},
       {&kDir, &kFollow, &kInterval, &kCount},
       {},
       "",
       {}},
      {"rotate-keys", Group::kSchool, "", {}, {&kDir, &kFlag}, {}, "", {}},
      {"rules",
       Group::kLook,
       "",
       {{"VERB", "list|lint|explain"}, {"KEY", "", Argument::Offer::kNothing, false, true}},
       {&kOn},
       {},
       "",
       {}},
      {"token", Group::kDevelopment, "", {}, {&kDir, &kRole, &kEngine}, {}, "", {}},
      {"help",
       Group::kProgram,
       "",
       {{"COMMAND", "", Argument::Offer::kCommand, false}},
       {},
       {},
       "",
       {}},
      {"version", Group::kProgram, "", {}, {}, {}, "", {}}};
  return table;
}

using Words = std::vector<std::string>;

Line Read(const Words& words) {
  const absl::StatusOr<Line> line = Parse(Commands(), words);
  EXPECT_TRUE(line.ok()) << line.status();
  return line.value_or(Line());
}

std::string Complaint(const Words& words) {
  const absl::Status status = Parse(Commands(), words).status();
  EXPECT_TRUE(IsMisuse(status)) << status;
  return std::string(status.message());
}

TEST(Parse, TakesOptionsAnywhere) {
  for (const Words& words :
       {Words{"backup", "/b", "--data", "d", "--follow"},
        Words{"--data", "d", "backup", "/b", "--follow"},
        Words{"--follow", "--data=d", "backup", "/b"},
        Words{"backup", "--follow", "--data=d", "/b"},
        Words{"backup", "--data", "other", "--data", "d", "--follow=true", "--", "/b"}}) {
    const Line line = Read(words);
    EXPECT_STREQ(line.command()->name, "backup");
    EXPECT_THAT(line.arguments(), ElementsAre("/b"));
    EXPECT_EQ(line.Text(kDir), "d");
    EXPECT_TRUE(line.Is(kFollow));
  }
}

TEST(Parse, KnowsWhatHoldsWithoutAnOption) {
  const Line line = Read({"backup", "/b"});
  EXPECT_EQ(line.Text(kDir), "data");
  EXPECT_EQ(line.Number(kCount), 30);
  EXPECT_EQ(line.Duration(kInterval), absl::Seconds(30));
  EXPECT_FALSE(line.Has(kCount));
  EXPECT_FALSE(line.Is(kFollow));
  EXPECT_EQ(line.Argument(1), "");
}

TEST(Parse, ReadsValues) {
  const Line line = Read({"backup", "/b", "--days=7", "--interval", "1m30s", "--follow=false"});
  EXPECT_EQ(line.Number(kCount), 7);
  EXPECT_EQ(line.Duration(kInterval), absl::Seconds(90));
  EXPECT_FALSE(line.Is(kFollow));
  EXPECT_EQ(Read({"backup", "/b", "--data", ""}).Text(kDir), "") << "given, and empty";
  EXPECT_EQ(Read({"backup", "/b", "--data", "[a,b]"}).Text(kDir), "[a,b]");
  EXPECT_TRUE(Read({"rotate-keys", "--new_key"}).Is(kFlag));
  EXPECT_TRUE(Read({"rotate-keys", "--new-key"}).Is(kFlag));
}

TEST(Parse, LeavesArgumentsAsTheyStand) {
  const Words words = {"a=b", "-", "[1,2]", "{\"a\": [1]}", "+1d"};
  Words typed = {"rules", "explain"};
  typed.insert(typed.end(), words.begin(), words.end());
  const Line line = Read(typed);
  EXPECT_EQ(Words(line.arguments().begin() + 1, line.arguments().end()), words);
  EXPECT_THAT(Read({"rules", "--", "list", "--on"}).arguments(), ElementsAre("list", "--on"));
}

TEST(Parse, GivesHelpAndVersionInstead) {
  EXPECT_THAT(Read({"--help"}).arguments(), IsEmpty());
  for (const Words& words : {Words{"backup", "--help"}, Words{"--help", "backup"},
                             Words{"backup", "-h", "--nonsense"}, Words{"help", "backup"}}) {
    EXPECT_STREQ(Read(words).command()->name, "help");
    EXPECT_THAT(Read(words).arguments(), ElementsAre("backup"));
  }
  EXPECT_STREQ(Read({"--version"}).command()->name, "version");
}

TEST(Parse, SaysWhatIsWrong) {
  const struct {
    Words words;
    const char* complaint;
  } rows[] = {
      {{}, "name a command"},
      {{"bakcup"}, "there is no command bakcup; did you mean backup?"},
      {{"--hlep"}, "no command stands beside --hlep; did you mean --help?"},
      {{"-v"}, "no command stands beside -v; did you mean --version?"},
      {{"--back"}, "no command stands beside --back; did you mean backup?"},
      {{"--data", "d"}, "no command stands beside --data"},
      {{"quite-other"}, "there is no command quite-other"},
      {{"backup"}, "DIR is missing; the form is `vivier backup DIR`"},
      {{"backup", "a", "b"}, "\"b\" is one argument too many; the form is `vivier backup DIR`"},
      {{"rotate-keys", "x"}, "\"x\" is one argument too many; the form is `vivier rotate-keys`"},
      {{"backup", "a", "--folow"}, "there is no option --folow; did you mean --follow?"},
      {{"backup", "a", "--on", "x"}, "--on is an option of other commands, and not of backup"},
      {{"backup", "a", "-data", "x"}, "options begin with two dashes: --data"},
      {{"backup", "a", "--data"}, "--data wants DIR, and nothing follows it"},
      {{"backup", "a", "--data", "--follow"}, "--data wants DIR, and --follow follows it"},
      {{"backup", "a", "--days", "many"},
       "--days is \"many\", and is to be a whole number from 1 to 3660"},
      {{"backup", "a", "--days", "0"}, "a whole number from 1 to 3660"},
      {{"backup", "a", "--interval", "10"}, "a duration above zero, written as 10s or 1m30s"},
      {{"backup", "a", "--interval", "-1s"}, "a duration above zero"},
      {{"backup", "a", "--follow=perhaps"}, "--follow"},
      {{"rules", "lits"},
       "VERB is \"lits\", and is to be list or lint or explain; did you mean list?"},
      {{"rules", "list", "--on", "2026-02-31"}, "a day of the calendar, written as 2027-09-01"},
      {{"token", "--role", "king"}, "there is no role \"king\""},
      {{"token", "--role", "trainer,asessor"}, "did you mean assessor?"},
      {{"token", "--engine", "oracle"}, "--engine is \"oracle\", and is to be sqlite or postgres"},
  };
  for (const auto& row : rows) EXPECT_THAT(Complaint(row.words), HasSubstr(row.complaint));
}

TEST(Nearest, MeansWhatIsNear) {
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("status", "statsu"), 1u) << "neighbours that changed places";
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(Nearest("STATUS", {"status", "state"}), "status");
  EXPECT_EQ(Nearest("ver", {"views", "verify"}), "verify") << "a word that begins so";
  EXPECT_EQ(Nearest("king", {"trainer", "partner"}), "");
  EXPECT_EQ(Nearest(std::string(1000, 'a'), {"a"}), "");
}

}  // namespace
}  // namespace vivier::cli
