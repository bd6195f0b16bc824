// Filters become conditions with parameters, never SQL text; what is wrong is said with its place.
#include "shared/storage/rows/filter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::storage {
namespace {

absl::StatusOr<FilterCondition> Parse(const std::string& filter) {
  return ParseFilter(Schema::Of(enrolment::v1::Cohort::descriptor()), filter, 4);
}

struct Good {
  std::string filter, sql;
  std::vector<Value> parameters;
};

TEST(FilterTest, BecomesAConditionWithParameters) {
  const std::vector<Good> rows = {
      {"state = \"OPEN\"", "(state = $4)", {std::string("OPEN")}},
      {"state = OPEN", "(state = $4)", {std::string("OPEN")}},
      {"capacity >= 12", "(capacity >= $4)", {int64_t{12}}},
      {"capacity != -1", "(capacity <> $4)", {int64_t{-1}}},
      {"capacity<12", "(capacity < $4)", {int64_t{12}}},
      {"start_date > \"2026-09-01\"", "(start_date > $4)", {std::string("2026-09-01")}},
      {"title = 'a \"b\" c'", "(title = $4)", {std::string("a \"b\" c")}},
      {"title = \"a \\\"b\\\" \\\\\"", "(title = $4)", {std::string("a \"b\" \\")}},
      {"title = \"\"", "(title = $4)", {std::string()}},
      {"name = \"schools/nancy/cohorts/ai-1\"",
       "(name = $4)",
       {std::string("schools/nancy/cohorts/ai-1")}},
      // AND binds less tightly than OR.
      {"capacity = 1 AND state = OPEN OR state = DRAFT",
       "(capacity = $4) AND (state = $5 OR state = $6)",
       {int64_t{1}, std::string("OPEN"), std::string("DRAFT")}},
      {"(capacity = 1 AND state = OPEN) OR capacity = 2",
       "(((capacity = $4) AND (state = $5)) OR capacity = $6)",
       {int64_t{1}, std::string("OPEN"), int64_t{2}}},
  };
  for (const Good& row : rows) {
    const absl::StatusOr<FilterCondition> parsed = Parse(row.filter);
    ASSERT_TRUE(parsed.ok()) << row.filter << " " << parsed.status();
    EXPECT_EQ(parsed->sql, row.sql);
    EXPECT_EQ(parsed->parameters, row.parameters) << row.filter;
  }
}

// Whatever is quoted stays one parameter.
TEST(FilterTest, TextsAreNeverSql) {
  for (const std::string text :
       {"'; DROP TABLE cohorts; --", "x' OR '1'='1", "$1", "\\", "%", "*/ 1=1 /*", "); --"}) {
    std::string quoted;
    for (char c : text)
      quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
    const absl::StatusOr<FilterCondition> parsed = Parse("title = \"" + quoted + "\"");
    ASSERT_TRUE(parsed.ok()) << text << " " << parsed.status();
    EXPECT_EQ(parsed->sql, "(title = $4)");
    EXPECT_EQ(parsed->parameters, std::vector<Value>{text});
  }
}

struct Bad {
  std::string filter, why;
};

TEST(FilterTest, SaysWhatIsWrongAndWhere) {
  const std::vector<Bad> rows = {
      {"capacity", "expected a comparison at character 9"},
      {"capacity =", "expected a value at character 11"},
      {"capacity = many", "expected a number at character 16"},
      {"colour = 1", "\"colour\" cannot be filtered by at character 7"},
      {"= 1", "\"\" cannot be filtered by at character 1"},
      {"state = CLOSED", "\"CLOSED\" is no value of state at character 15"},
      {"title = \"open", "a quoted text does not end at character 14"},
      {"(capacity = 1", "expected ) at character 14"},
      {"capacity = 1)", "expected AND, OR or the end at character 13"},
      {"capacity = 1 capacity = 2", "expected AND, OR or the end at character 14"},
      {"eligibility_rules = 1", "\"eligibility_rules\" cannot be filtered by at character 18"},
      {"1=1", "\"1\" cannot be filtered by at character 2"},
      {"capacity = 1; DELETE FROM cohorts", "expected AND, OR or the end at character 13"},
      {"capacity = 1 -- ", "expected AND, OR or the end at character 14"},
      {"capacity = 1 OR 1=1", "\"1\" cannot be filtered by at character 18"},
      {"school = \"metz\"", "\"school\" cannot be filtered by at character 7"},
      {"version = 1", "\"version\" cannot be filtered by at character 8"},
  };
  for (const Bad& row : rows) {
    const absl::StatusOr<FilterCondition> parsed = Parse(row.filter);
    ASSERT_FALSE(parsed.ok()) << row.filter << " gives " << parsed->sql;
    EXPECT_EQ(ReasonOf(parsed.status()), "INVALID_FIELD");
    EXPECT_THAT(parsed.status().message(), ::testing::HasSubstr(row.why)) << row.filter;
  }
}

TEST(FilterTest, PersonalDataCannotBeAskedFor) {
  const Schema& candidates = Schema::Of(enrolment::v1::Candidate::descriptor());
  for (const std::string field :
       {"family_name", "email", "birth_date", "jobseeker", "education_level"})
    EXPECT_FALSE(ParseFilter(candidates, field + " = \"1\"", 1).ok()) << field;
  EXPECT_TRUE(ParseFilter(candidates, "create_time < \"2026-09-07T09:00:00Z\"", 1).ok());
  EXPECT_FALSE(ParseFilter(candidates, "create_time < \"yesterday\"", 1).ok());
}

TEST(FilterTest, IsNarrowedAndNeverWidened) {
  EXPECT_EQ(Parse(NarrowedTo("title", {"a", "b"}, ""))->sql, "(title = $4 OR title = $5)");
  EXPECT_EQ(
      Parse(NarrowedTo("title", {"a", "b"}, "capacity = 1 OR capacity = 2 AND state = OPEN"))->sql,
      "(title = $4 OR title = $5) AND (capacity = $6 OR capacity = $7) AND (state = $8)");
  EXPECT_EQ(Parse(NarrowedTo("title", {}, ""))->parameters, std::vector<Value>{std::string()});
  EXPECT_EQ(Parse(NarrowedTo("title", {"\" OR title != \"\\"}, ""))->parameters,
            std::vector<Value>{std::string("\" OR title != \"\\")});
}

TEST(FilterTest, NestingIsBounded) {
  EXPECT_TRUE(Parse(std::string(16, '(') + "capacity = 1" + std::string(16, ')')).ok());
  EXPECT_FALSE(Parse(std::string(17, '(') + "capacity = 1" + std::string(17, ')')).ok());
  EXPECT_FALSE(Parse(std::string(100'000, '(')).ok());
}

}  // namespace
}  // namespace vivier::storage
