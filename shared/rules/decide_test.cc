#include "shared/rules/decide.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/rules/cases.h"
#include "shared/rules/condition.h"
#include "shared/rules/reader.h"

namespace vivier::rules {
namespace {

using absl::CivilDay;
using testing::ElementsAre;

constexpr char kHead[] = R"(key R-a
title A
source S
confirmed not yet confirmed
review 2030-01-01
valid 2020-01-01 .. 2029-12-31
)";

Table Read(const std::string& rest) {
  absl::StatusOr<Table> table = ReadTable(kHead + rest);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *std::move(table) : Table();
}

struct Match {
  const char *fact, *condition, *value;
  bool matches;
};

const Match kMatches[] = {
    {"b", "*", "unknown", true},
    {"b", "unknown", "unknown", true},
    {"b", "known", "unknown", false},
    {"b", "known", "no", true},
    {"b", "no", "unknown", false},  // what is not known is not "no"
    {"b", "not yes", "unknown", false},
    {"b", "no", "no", true},
    {"b", "not yes", "no", true},
    {"i", "< 5", "4", true},
    {"i", "< 5", "5", false},
    {"i", "<= 5", "5", true},
    {"i", "> 5", "5", false},
    {"i", ">= 5", "5", true},
    {"i", "< 5", "unknown", false},
    {"i", "-3 .. 5", "-3", true},
    {"i", "-3 .. 5", "-4", false},
    {"i", "-3 .. 5", "6", false},
    {"i", "1, 3", "3", true},
    {"i", "1, 3", "2", false},
    {"i", "not 1, 3", "2", true},
    {"i", "not 1, 3", "3", false},
    {"i", ">= p", "5", true},
    {"i", ">= p", "4", false},
    {"d", "< 9.15", "9.1499", true},
    {"d", "9.15", "9.1500", true},
    {"d", "> -0.50", "-0.4999", true},
    {"t", "A, B C", "B C", true},
    {"t", "not A", "B", true},
    {"t", "begins 71, 72", "7213", true},
    {"t", "begins 71, 72", "73", false},
    {"t", "begins 71, 72", "7", false},
    {"s", "has A, B", "B, C", true},
    {"s", "has A, B", "C", false},
    {"s", "lacks A, B", "C", true},
    {"s", "lacks A, B", "A", false},
    {"s", "lacks A", "empty", true},
    {"s", "lacks A", "unknown", false},
    {"w", "<= 2026-09-01", "2026-09-01", true},
    {"w", "2026-01-01 .. 2026-12-31", "2027-01-01", false},
};

TEST(MatchesTest, EachConditionOfEachType) {
  const Table table = Read(R"(facts
  b | boolean
  i | integer
  d | decimal
  t | text
  s | set
  w | date
answers
  yes | boolean
parameters
  name | type | value | valid
  p    | integer | 5  | 2020-01-01 .. 2020-12-31
decide
  yes
  yes
)");
  for (const Match& row : kMatches) {
    const Field& fact = table.facts[static_cast<size_t>(table.FactIndex(row.fact))];
    const absl::StatusOr<Condition> condition = ReadCondition(table, fact, {row.condition, {}});
    const absl::StatusOr<Value> value = ReadValue(fact.type, row.value);
    ASSERT_TRUE(condition.ok() && value.ok()) << row.condition << " " << row.value;
    EXPECT_EQ(Matches(table, *condition, *value, NumberOf(CivilDay(2020, 6, 1))), row.matches)
        << row.value << " " << row.condition;
    EXPECT_EQ(ToString(table, *condition), row.condition);
  }
  const absl::StatusOr<Condition> of_parameter = ReadCondition(table, table.facts[1], {">= p", {}});
  EXPECT_FALSE(Matches(table, *of_parameter, Value::Integer(9), NumberOf(CivilDay(2021, 1, 1))))
      << "the parameter is not in force";
}

constexpr char kAges[] = R"(facts
  age | integer
  kind | text: A, B
answers
  finding | text: YOUNG, OLD, OTHER
  message | words
parameters
  name | type | value | valid
  age_min | integer | 18 | 2020-01-01 .. 2021-12-31
  age_min | integer | 16 | 2022-01-01 .. 2029-12-31
decide age
  age       | kind | valid         | finding | message
  < age_min | *    | always        | YOUNG   | {age} is under {age_min} of {kind}
  > 60      | A    | 2025-01-01 .. | OLD     | too old
  > 70      | *    | always        | OTHER   | {age}
cases age
  on         | age | kind    | finding
  2021-12-31 | 17  | A       | YOUNG
  2022-01-01 | 17  | A       | OLD
  2025-01-01 | 61  | unknown | OLD
)";

TEST(DecideTest, TheFirstRowThatMatchesOnTheDayAnswers) {
  const Table table = Read(kAges);
  const Decision& age = table.decisions[0];
  const auto number = [&](int years, CivilDay day) {
    return Decide(table, age,
                  Facts(table).With("age", Value::Integer(years)).With("kind", Value::Text("A")),
                  day)
        .number;
  };
  EXPECT_EQ(number(17, CivilDay(2021, 12, 31)), 1);
  EXPECT_EQ(number(17, CivilDay(2022, 1, 1)), 0);
  EXPECT_EQ(number(75, CivilDay(2024, 12, 31)), 3);
  EXPECT_EQ(number(75, CivilDay(2025, 1, 1)), 2);
  EXPECT_EQ(number(10, CivilDay(2019, 12, 31)), 0) << "the table is not in force yet";
  EXPECT_EQ(number(10, CivilDay(2030, 1, 1)), 0) << "it no longer is";
}

TEST(DecideTest, AnswersByNameAndFillsItsWords) {
  const Table table = Read(kAges);
  const Facts facts = Facts(table).With("age", Value::Integer(15));
  const Answer answer = Decide(table, table.decisions[0], facts, CivilDay(2022, 1, 1));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.Get("finding"), Value::Text("YOUNG"));
  EXPECT_FALSE(answer.Get("nothing").known());
  EXPECT_EQ(Fill(answer, "message", facts, CivilDay(2022, 1, 1)), "15 is under 16 of unknown");
  EXPECT_FALSE(
      Decide(table, table.decisions[0], Facts(table), CivilDay(2022, 1, 1)).Get("finding").known());
}

TEST(DecideTest, ExplainsEachRowUpToTheOneThatAnswers) {
  const Table table = Read(kAges);
  const Facts facts = Facts(table).With("age", Value::Integer(80));
  EXPECT_THAT(Explain(table, table.decisions[0], facts, CivilDay(2024, 1, 1)),
              ElementsAre("row 1 (line 19): age is 80, not < age_min",
                          "row 2 (line 20): in force 2025-01-01 ..",
                          "row 3 (line 21) answers: finding = OTHER; message = 80"));
  EXPECT_THAT(Explain(table, table.decisions[0], Facts(table), CivilDay(2026, 1, 1)),
              ElementsAre(testing::_, testing::_, testing::_, "no row matches"));
  EXPECT_THAT(Explain(table, table.decisions[0], facts, CivilDay(2019, 1, 1)),
              ElementsAre("the table is in force 2020-01-01 .. 2029-12-31"));
}

TEST(FactsTest, RefusesWhatTheTableDoesNotAsk) {
  const Table table = Read(kAges);
  Facts facts(table);
  EXPECT_TRUE(facts.Set("kind", Value::Text("B")).ok());
  EXPECT_TRUE(facts.Set("kind", Value()).ok());
  EXPECT_FALSE(facts.Set("kind", Value::Text("C")).ok());
  EXPECT_FALSE(facts.Set("kind", Value::Integer(1)).ok());
  EXPECT_FALSE(facts.Set("eye", Value::Integer(1)).ok());
  EXPECT_DEATH(Facts(table).With("eye", Value::Integer(1)), "asks no fact `eye`");
}

TEST(RunCasesTest, SaysWhichCaseFailsAndWhatItFound) {
  const Table table = Read(kAges);
  const std::vector<CaseFailure> failures = RunCases(table);
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].line, 25);
  EXPECT_EQ(failures[0].what, "age: finding is -, expected OLD");
  EXPECT_EQ(failures[1].line, 26);
  EXPECT_FALSE(CasesHold(table));
  EXPECT_EQ(CountCases(table), 3);
}

TEST(ValueTest, ReadsAndWritesExactly) {
  struct Row {
    Type type;
    const char *cell, *text;
  };
  const Row rows[] = {{Type::kDecimal, "12.02", "12.02"},
                      {Type::kDecimal, "-0.0001", "-0.0001"},
                      {Type::kDecimal, "7", "7.00"},
                      {Type::kInteger, "-12", "-12"},
                      {Type::kDate, "2024-02-29", "2024-02-29"},
                      {Type::kSet, "B, A, B", "A, B"},
                      {Type::kSet, "empty", "empty"},
                      {Type::kBoolean, "yes", "yes"},
                      {Type::kText, "A b", "A b"},
                      {Type::kInteger, "unknown", "unknown"}};
  for (const Row& row : rows) {
    const absl::StatusOr<Value> value = ReadValue(row.type, row.cell);
    ASSERT_TRUE(value.ok()) << row.cell;
    EXPECT_EQ(value->ToString(), row.text);
  }
  const std::pair<Type, const char*> bad[] = {{Type::kDecimal, "1.00001"},
                                              {Type::kDecimal, "."},
                                              {Type::kDecimal, "1."},
                                              {Type::kDecimal, "1e3"},
                                              {Type::kInteger, "1.0"},
                                              {Type::kInteger, ""},
                                              {Type::kInteger, "--1"},
                                              {Type::kInteger, "+1"},
                                              {Type::kDate, "2023-02-29"},
                                              {Type::kDate, "2023-2-09"},
                                              {Type::kDate, "2023-02-09 "},
                                              {Type::kBoolean, "Yes"},
                                              {Type::kText, ""},
                                              {Type::kInteger, "999999999999999"}};
  for (const auto& [type, cell] : bad) EXPECT_FALSE(ReadValue(type, cell).ok()) << cell;
  EXPECT_EQ(Value::Cents(182303).ToString(), "1823.03");
  EXPECT_EQ(Value::Cents(182303).cents(), 182303);
  EXPECT_EQ(Value::Date(CivilDay(2026, 9, 1)).day(), CivilDay(2026, 9, 1));
}

}  // namespace
}  // namespace vivier::rules
