// Plants each fault in a table without one: lint or the mutants must find it, and nothing else.
#include "shared/rules/lint.h"

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/rules/cases.h"
#include "shared/rules/mutants.h"
#include "shared/rules/reader.h"

namespace vivier::rules {
namespace {

constexpr char kSound[] = R"(key R-a
title A
source S
confirmed not yet confirmed
review 2030-01-01
valid 2020-01-01 ..
facts
  age  | integer
  kind | text: A, B
  tags | set: X, Y
answers
  finding | text: YOUNG, OLD
parameters
  name    | type    | value | valid
  age_min | integer | 18    | 2020-01-01 .. 2021-12-31
  age_min | integer | 16    | 2022-01-01 ..
cases parameters
  on         | age_min
  2019-12-31 | -
  2020-01-01 | 18
  2021-12-31 | 18
  2022-01-01 | 16
decide
  age       | kind | tags  | finding
  < age_min | *    | *     | YOUNG
  > 60      | A    | has X | OLD
cases
  on         | age | kind    | tags    | finding
  2019-12-31 | 61  | A       | X       | -
  2020-01-01 | 17  | unknown | unknown | YOUNG
  2020-01-01 | 18  | unknown | unknown | -
  2020-01-01 | 60  | A       | X       | -
  2020-01-01 | 61  | A       | X       | OLD
  2020-01-01 | 61  | B       | X       | -
  2020-01-01 | 61  | A       | Y       | -
)";

Table Read(const std::string& text) {
  absl::StatusOr<Table> table = ReadTable(text);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *std::move(table) : Table();
}

std::string With(absl::string_view from, absl::string_view to) {
  const std::string text = absl::StrReplaceAll(kSound, {{from, to}});
  EXPECT_NE(text, kSound) << from;
  return text;
}

const absl::CivilDay kToday(2026, 12, 1);

TEST(LintTest, FindsNothingInASoundTable) {
  for (const LintFinding& finding : Lint(Read(kSound), kToday))
    ADD_FAILURE() << finding.line << ": " << finding.what;
  EXPECT_TRUE(RunCases(Read(kSound)).empty());
  for (const Survivor& survivor : FindSurvivors(Read(kSound), 1))
    ADD_FAILURE() << survivor.line << ": " << survivor.what;
}

TEST(LintTest, FindsEachPlantedFault) {
  struct Planted {
    const char* from;
    const char* to;
    bool error;
    const char* what;
  };
  const Planted rows[] = {
      {"  > 60      | A    | has X | OLD\n",
       "  > 60      | A    | has X | OLD\n  > 60      | A    | has X | OLD\n", true,
       "row 3 repeats row 2"},
      {"  > 60      | A    | has X | OLD\n",
       "  > 60      | A    | has X | OLD\n  > 60      | A    | has X | YOUNG\n", true,
       "row 3 contradicts row 2"},
      {"  > 60      | A    | has X | OLD\n",
       "  > 60      | A    | has X | OLD\n  > 65      | A    | has X | YOUNG\n", true,
       "row 3 is never reached: before it answers row 2"},
      // No row covers it alone: two do together.
      {"  > 60      | A    | has X | OLD\n",
       "  > 60      | A    | has X | OLD\n  > 60      | B    | has X | OLD\n"
       "  > 70      | known | has X | OLD\n",
       true, "row 4 is never reached: before it answers row 2, 3"},
      {"  tags | set: X, Y\n", "  tags | set: X, Y\n  eye  | date\n", true,
       "eye is used by no decision"},
      {"| A    | has X |", "| *    | has X |", true, "no row asks kind"},
      {"2022-01-01 ..\ncases", "2022-01-02 ..\ncases", true, "days are missing"},
      {"2022-01-01 ..\ncases", "2021-12-31 ..\ncases", true, "its days overlap those of line 15"},
      {"  2020-01-01 | 61  | A       | X       | OLD\n", "", true, "row 2 is hit by no case"},
      {"cases parameters\n  on         | age_min\n  2019-12-31 | -\n  2020-01-01 | 18\n  "
       "2021-12-31 | 18\n  2022-01-01 | 16\n",
       "", true, "age_min has no row in `cases parameters`"},
      {"review 2030-01-01", "review 2026-11-30", false,
       "the table was to be reviewed by 2026-11-30"},
  };
  for (const Planted& row : rows) {
    const std::vector<LintFinding> findings = Lint(Read(With(row.from, row.to)), kToday);
    std::vector<std::string> told;
    for (const LintFinding& finding : findings) told.push_back(finding.what);
    EXPECT_THAT(told, testing::Contains(testing::HasSubstr(row.what))) << row.to;
    for (const LintFinding& finding : findings) {
      EXPECT_EQ(finding.error, row.error) << finding.what;
      EXPECT_GT(finding.line, 0);
    }
  }
}

TEST(LintTest, ARowIsDueForReviewByItself) {
  const std::string text =
      absl::StrReplaceAll(kSound, {{"| finding\n  < age_min | *    | *     | YOUNG",
                                    "| finding | review\n  < age_min | *    | *     | YOUNG | "
                                    "2026-11-30"},
                                   {"has X | OLD\ncases", "has X | OLD | 2026-12-01\ncases"}});
  const std::vector<LintFinding> overdue = OverdueReviews(Read(text), kToday);
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].what, "row 1 was to be reviewed by 2026-11-30");
  EXPECT_FALSE(overdue[0].error);
}

TEST(LintTest, AnswersForATableThatNobodyCanRead) {
  std::string facts = "facts\n", columns = "  ", row = "  ";
  for (int i = 0; i < 30; ++i) {
    facts += "  f" + std::to_string(i) + " | integer\n";
    columns += "f" + std::to_string(i) + " | ";
    row += "> " + std::to_string(i) + " | ";
  }
  const Table table = Read(
      "key R-a\ntitle A\nsource S\nconfirmed not yet confirmed\n"
      "review 2030-01-01\nvalid always\n" +
      facts + "answers\n  a | boolean\ndecide\n" + columns + "a\n" + row + "yes\n" + row + "no\n");
  EXPECT_THAT(Lint(table, kToday)[0].what, testing::HasSubstr("contradicts"));
}

TEST(MutantsTest, ACaseThatIsTakenAwayLetsOneLive) {
  const Table table = Read(kSound);
  for (size_t i = 0; i < table.decisions[0].cases.size(); ++i) {
    Table weaker = table;
    weaker.decisions[0].cases.erase(weaker.decisions[0].cases.begin() +
                                    static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(FindSurvivors(weaker, 1).empty()) << "case " << i + 1 << " proves nothing";
  }
}

TEST(MutantsTest, LeavesTheTableAsItWas) {
  int mutants = 0;
  const Table table = Read(kSound);
  ForEachMutant(table, 1, [&](const Table&, const Survivor&) { ++mutants; });
  EXPECT_GT(mutants, 15);
  EXPECT_TRUE(RunCases(table).empty());
}

}  // namespace
}  // namespace vivier::rules
