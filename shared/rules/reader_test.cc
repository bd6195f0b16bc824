#include "shared/rules/reader.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/rules/lines.h"

namespace vivier::rules {
namespace {

constexpr char kText[] = R"(key        R-example
title      An example
source     Nobody's law
confirmed  not yet confirmed
review     2027-06-30
valid      2019-01-01 ..
code       The age is counted elsewhere.
# A remark.

facts
  age   | integer          | completed years
  kind  | text: A, B, C    | of what kind
  pay   | decimal
  start | date
  tags  | set: X, Y
  adult | boolean
answers
  finding | text: TOO_YOUNG, FOUND
  message | words
parameters
  name    | type    | value | valid                    | source
  age_min | integer | 18    | 2019-01-01 .. 2021-12-31 | Old law
  age_min | integer | 16    | 2022-01-01 ..            | New law
decide
  age       | kind   | pay     | start         | tags   | adult   | finding   | message
  < age_min | not C  | *       | *             | *      | *       | TOO_YOUNG | under {age_min}
  16 .. 20  | A, B   | >= 9.15 | <= 2026-09-01 | has X  | unknown | FOUND     | é
cases
  on         | age | kind | finding
  2020-01-01 | 17  | A    | TOO_YOUNG
)";

std::string With(absl::string_view from, absl::string_view to) {
  const std::string text = absl::StrReplaceAll(kText, {{from, to}});
  EXPECT_NE(text, kText) << from;
  return text;
}

TEST(ReadTableTest, ReadsWhatStandsThere) {
  const absl::StatusOr<Table> table = ReadTable(kText);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->key, "R-example");
  EXPECT_EQ(table->origin.confirmed, "not yet confirmed");
  EXPECT_EQ(table->hash, Hex(Sha256(kText)));
  EXPECT_THAT(table->code, testing::ElementsAre("The age is counted elsewhere."));
  ASSERT_EQ(table->facts.size(), 6u);
  EXPECT_THAT(table->facts[1].domain, testing::ElementsAre("A", "B", "C"));
  ASSERT_EQ(table->parameters.size(), 1u);
  ASSERT_EQ(table->parameters[0].versions.size(), 2u);
  EXPECT_EQ(ToString(table->parameters[0].versions[0].valid), "2019-01-01 .. 2021-12-31");
  EXPECT_EQ(table->parameters[0].versions[1].origin.source, "New law");
  ASSERT_EQ(table->decisions.size(), 1u);
  EXPECT_EQ(table->decisions[0].rows.size(), 2u);
  EXPECT_EQ(table->decisions[0].rows[1].origin.source, "Nobody's law");
  ASSERT_EQ(table->decisions[0].cases.size(), 1u);
  EXPECT_EQ(table->decisions[0].cases[0].place.line, 30);
}

struct Broken {
  const char* from;
  const char* to;
  int line, column;
  const char* what;
};

TEST(ReadTableTest, SaysWhereAndWhatIsWrong) {
  const Broken rows[] = {
      {"R-example", "example", 1, 12, "a key is R-"},
      {"title      An example\n", "", 1, 1, "lacks the line `title"},
      {"2027-06-30", "2027-06-31", 5, 12, "`2027-06-31` is no day"},
      {"2019-01-01 ..\n", "2019-01-01\n", 6, 12, "days are"},
      {"2021-12-31", "2018-12-31", 22, 31, "the last day is before the first"},
      {"code ", "kode ", 7, 1, "is no word of a table's head"},
      {"# A remark.", "title again", 8, 1, "a second `title`"},
      {"# A remark.", "  a | b", 8, 3, "without a section"},
      {"integer          |", "number           |", 11, 11, "`number` is no type"},
      {"A, B, C", "A, B, A", 12, 23, "stands twice"},
      {"A, B, C", "A, *, C", 12, 20, "cannot be a value"},
      {"  adult | boolean", "  age   | boolean", 16, 3, "named twice"},
      {"  adult | boolean", "  valid | boolean", 16, 3, "is no name"},
      {"  adult | boolean", "  adult | words", 16, 11, "words are for answers"},
      {"integer | 16 ", "integer | 1x ", 23, 23, "`1x` is no integer"},
      {"integer | 16 ", "decimal | 16 ", 23, 13, "another type above"},
      {"< age_min |", "< age_max |", 26, 5, "`age_max` is no integer"},
      {"< age_min |", "          |", 26, 13, "the cell is empty"},
      {"not C ", "not D ", 26, 19, "is none of kind's: A, B, C"},
      {"A, B   |", "begins |", 27, 15, "is none of kind's"},
      {"16 .. 20", "20 .. 16", 27, 3, "ends before it begins"},
      {">= 9.15", ">= 9,15", 27, 27, "`9,15` is no decimal"},
      {"has X ", "X     ", 27, 50, "a set is asked with"},
      {"| FOUND ", "| LOST  ", 27, 69, "is none of finding's"},
      {"{age_min}", "{age_max}", 26, 81, "neither a fact nor a parameter"},
      {"| unknown |", "| maybe   |", 27, 59, "`maybe` is no `yes` or `no`"},
      {"on         | age", "on         | eye", 29, 16, "is no column of what is tested"},
      {"2020-01-01 | 17  | A    | TOO_YOUNG", "2020-01-01 | 17  | A", 30, 22, "has 3 cells"},
      {"cases\n", "cases other\n", 28, 7, "no decision `other`"},
      {"cases\n", "decide\n  age | finding\n  *   | FOUND\ncases\n", 28, 7, "a second decision"},
  };
  for (const Broken& row : rows) {
    const absl::StatusOr<Table> table = ReadTable(With(row.from, row.to));
    ASSERT_FALSE(table.ok()) << row.from << " → " << row.to;
    EXPECT_EQ(ReasonOf(table.status()), "INVALID_TABLE");
    EXPECT_THAT(std::string(table.status().message()), testing::HasSubstr(row.what));
    EXPECT_THAT(std::string(table.status().message()),
                testing::StartsWith(absl::StrCat("line ", row.line, ", column ", row.column, ":")))
        << row.from << " → " << row.to;
  }
}

TEST(ReadTableTest, IsBounded) {
  EXPECT_THAT(std::string(ReadTable(std::string(kTextBytesMax + 1, '\n')).status().message()),
              testing::HasSubstr("bytes"));
  EXPECT_THAT(std::string(ReadTable(std::string(kLinesMax + 1, '\n')).status().message()),
              testing::HasSubstr("lines"));
  EXPECT_THAT(std::string(ReadTable(std::string(kLineBytesMax + 1, 'x')).status().message()),
              testing::HasSubstr("bytes"));
  EXPECT_THAT(std::string(ReadTable(std::string(kCellsMax, '|')).status().message()),
              testing::HasSubstr("columns"));
  std::string rows, facts, decisions, list = "A0";
  for (size_t i = 0; i <= kRowsMax; ++i) rows += "  2020-01-01 | 17  | A    | TOO_YOUNG\n";
  for (size_t i = 0; i <= kFieldsMax; ++i) absl::StrAppend(&facts, "  f", i, " | date\n");
  for (size_t i = 0; i <= kDecisionsMax; ++i)
    absl::StrAppend(&decisions, "decide d", i, "\n  finding\n  FOUND\n");
  for (size_t i = 0; i <= 100; ++i) absl::StrAppend(&list, ", A", i + 1);
  EXPECT_THAT(std::string(ReadTable(kText + rows).status().message()), testing::HasSubstr("rows"));
  EXPECT_THAT(std::string(ReadTable(With("answers\n", facts + "answers\n")).status().message()),
              testing::HasSubstr("names"));
  EXPECT_THAT(std::string(ReadTable(kText + decisions).status().message()),
              testing::HasSubstr("decisions"));
  EXPECT_THAT(std::string(ReadTable(With("A, B, C", list)).status().message()),
              testing::HasSubstr("values"));
}

TEST(ReadTableTest, RefusesWhatIsNoText) {
  EXPECT_FALSE(ReadTable(With("é", "\xE9")).ok());
  EXPECT_FALSE(ReadTable(With("An example", "An\texample")).ok());
  EXPECT_FALSE(ReadTable("").ok());
  EXPECT_TRUE(ReadTable(With("\n", "\r\n")).ok());
}

// Whatever is done to a text, it is read or refused with a place in it.
TEST(ReadTableTest, IsTotal) {
  std::mt19937 random(7);
  int read = 0;
  const std::string pieces[] = {"|",       "\n", "\n  ", "..", "<",    ">=",   "*",
                                "unknown", "{",  "}",    ",",  "-",    "not ", " ",
                                ":",       "é",  "9",    "a",  "\xC3", "cases"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text = kText;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const size_t at = random() % text.size();
      text.replace(at, random() % 4, pieces[random() % std::size(pieces)]);
    }
    const absl::StatusOr<Table> table = ReadTable(text);
    read += table.ok() ? 1 : 0;
    if (!table.ok()) {
      ASSERT_EQ(ReasonOf(table.status()), "INVALID_TABLE") << text;
    }
  }
  EXPECT_GT(read, 500);
}

}  // namespace
}  // namespace vivier::rules
