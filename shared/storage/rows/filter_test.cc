// Filters become conditions with parameters, never SQL text, on fields that an index serves; what
// is wrong is said with its place, what is not served with what is.
#include "shared/storage/rows/filter.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::storage {
namespace {

using ::testing::HasSubstr;

const Schema& Cohorts() { return Schema::Of(enrolment::v1::Cohort::descriptor()); }

Order By(const std::string& order_by) { return ParseOrder(Cohorts(), order_by).value_or(Order{}); }

absl::StatusOr<std::vector<Clause>> Parse(const std::string& filter,
                                          const std::string& order_by = "") {
  return ParseFilter(Cohorts(), filter, By(order_by));
}

std::string Text(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
  return std::get<std::string>(value);
}

// "state = OPEN|DRAFT; start_date > 2026-09-01"
std::string Text(const absl::StatusOr<std::vector<Clause>>& clauses) {
  if (!clauses.ok()) return std::string(clauses.status().message());
  return absl::StrJoin(*clauses, "; ", [](std::string* out, const Clause& clause) {
    absl::StrAppend(out, clause.column == nullptr ? "name" : clause.column->field->name(), " ",
                    clause.comparison, " ",
                    absl::StrJoin(clause.values, "|", [](std::string* text, const Value& value) {
                      absl::StrAppend(text, Text(value));
                    }));
  });
}

struct Good {
  std::string filter, order_by, clauses;
};

TEST(FilterTest, IsEqualitiesAndARangeOfTheOrder) {
  const std::vector<Good> rows = {
      {"", "", ""},
      {"state = \"OPEN\"", "", "state = OPEN"},
      {"state = OPEN", "", "state = OPEN"},
      {"state=OPEN OR state=DRAFT OR state=OPEN", "", "state = OPEN|DRAFT"},
      {"(state = OPEN OR state = DRAFT) AND end_date = '2026-09-01'", "",
       "state = OPEN|DRAFT; end_date = 2026-09-01"},
      // AND binds less tightly than OR.
      {"end_date = '2026-09-01' AND state = OPEN OR state = DRAFT", "",
       "end_date = 2026-09-01; state = OPEN|DRAFT"},
      {"((state = OPEN AND (end_date = 'x')))", "", "state = OPEN; end_date = x"},
      {"programme_revision = 'a \"b\" c'", "", "programme_revision = a \"b\" c"},
      {"programme_revision = \"a \\\"b\\\" \\\\\"", "", "programme_revision = a \"b\" \\"},
      {"programme_revision = \"\"", "", "programme_revision = "},
      {"name = \"schools/nancy/cohorts/ai-1\" OR name = 'b'", "",
       "name = schools/nancy/cohorts/ai-1|b"},
      {"start_date > \"2026-09-01\" AND start_date <= '2027-09-01' AND state = OPEN",
       "start_date desc", "start_date > 2026-09-01; start_date <= 2027-09-01; state = OPEN"},
  };
  for (const Good& row : rows)
    EXPECT_EQ(Text(Parse(row.filter, row.order_by)), row.clauses) << row.filter;
}

// Whatever is quoted stays one parameter.
TEST(FilterTest, TextsAreNeverSql) {
  for (const std::string text :
       {"'; DROP TABLE cohorts; --", "x' OR '1'='1", "$1", "\\", "%", "*/ 1=1 /*", "); --"}) {
    std::string quoted;
    for (char c : text)
      quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
    const absl::StatusOr<FilterCondition> parsed =
        ParseFilter(Cohorts(), "programme_revision = \"" + quoted + "\"", 4);
    ASSERT_TRUE(parsed.ok()) << text << " " << parsed.status();
    EXPECT_EQ(parsed->sql, "(programme_revision || '') = $4");
    EXPECT_EQ(parsed->parameters, std::vector<Value>{text});
  }
}

struct Bad {
  std::string filter, why;
};

TEST(FilterTest, SaysWhatIsWrongAndWhere) {
  const std::vector<Bad> rows = {
      {"state", "expected a comparison at character 6"},
      {"state =", "expected a value at character 8"},
      {"colour = 1", "\"colour\" cannot be filtered by"},
      {"= 1", "expected a field at character 1"},
      {"state = CLOSED", "\"CLOSED\" is no value of state at character 15"},
      {"state = \"open", "a quoted text does not end at character 14"},
      {"(state = OPEN", "expected ) at character 14"},
      {"state = OPEN)", "expected AND, OR or the end at character 13"},
      {"state = OPEN state = DRAFT", "expected AND, OR or the end at character 14"},
      {"state = OPEN OR end_date = 'x'", "OR joins values of one field, and nothing else"},
      {"(state = OPEN AND state = DRAFT) OR state = OPEN", "OR joins values of one field"},
      {"1=1", "\"1\" cannot be filtered by"},
      {"state = OPEN; DELETE FROM cohorts", "expected AND, OR or the end at character 13"},
      {"state = OPEN -- ", "expected AND, OR or the end at character 14"},
      {"state = OPEN OR 1=1", "\"1\" cannot be filtered by"},
      {"school = \"metz\"", "\"school\" cannot be filtered by"},
      {"version = 1", "\"version\" cannot be filtered by"},
  };
  for (const Bad& row : rows) {
    const absl::Status status = Parse(row.filter).status();
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << row.filter;
    EXPECT_THAT(status.message(), HasSubstr(row.why)) << row.filter;
  }
}

TEST(FilterTest, WhatNoIndexServesIsRefusedByName) {
  const std::vector<Bad> rows = {
      {"capacity = 12", "\"capacity\" cannot be filtered by"},
      {"title = 'x'", "\"title\" cannot be filtered by"},
      {"eligibility_rules = 1", "\"eligibility_rules\" cannot be filtered by"},
      {"state != OPEN", "\"state\" cannot be excluded"},
      {"name != 'x'", "\"name\" cannot be excluded"},
      {"name > 'x'", "\"name\" takes a range only with the same field in order_by"},
      {"start_date > '2026-09-01'", "\"start_date\" takes a range only"},
  };
  for (const Bad& row : rows) {
    const absl::Status status = Parse(row.filter, "end_date").status();
    EXPECT_THAT(status.message(), HasSubstr(row.why)) << row.filter;
    EXPECT_THAT(MetadataOf(status),
                ::testing::Contains(std::pair<std::string, std::string>(
                    "allowed", "name, programme_revision, start_date, end_date, state")))
        << row.filter;
  }
}

TEST(FilterTest, AnOrderIsOneFieldThatAnIndexServes) {
  EXPECT_EQ(By("").column, nullptr);
  EXPECT_EQ(By("name").column, nullptr);
  EXPECT_TRUE(By("name desc").descending);
  EXPECT_EQ(By("start_date").column->field->name(), "start_date");
  EXPECT_FALSE(By("start_date").descending);
  EXPECT_TRUE(By("  start_date  desc ").descending);
  for (const char* order_by : {"capacity", "start_date asc", "start_date, name", "desc", "1",
                               "start_date desc desc", "start_date; --"}) {
    const absl::Status status = ParseOrder(Cohorts(), order_by).status();
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << order_by;
    EXPECT_THAT(MetadataOf(status),
                ::testing::Contains(std::pair<std::string, std::string>("field", "order_by")))
        << order_by;
  }
}

TEST(FilterTest, PersonalDataCannotBeAskedFor) {
  const Schema& candidates = Schema::Of(enrolment::v1::Candidate::descriptor());
  for (const std::string field :
       {"family_name", "email", "birth_date", "jobseeker", "education_level"})
    EXPECT_FALSE(ParseOwnFilter(candidates, field + " = \"1\"").ok()) << field;
  EXPECT_TRUE(ParseOwnFilter(candidates, "create_time < \"2026-09-07T09:00:00Z\"").ok());
  EXPECT_FALSE(ParseOwnFilter(candidates, "create_time < \"yesterday\"").ok());
}

TEST(FilterTest, OurOwnMayExcludeAndNameAnyScalar) {
  EXPECT_EQ(Text(ParseOwnFilter(Cohorts(), "state != DRAFT AND capacity >= -1")),
            "state <> DRAFT; capacity >= -1");
  EXPECT_FALSE(ParseOwnFilter(Cohorts(), "capacity = many").ok());
}

TEST(FilterTest, IsNarrowedAndNeverWidened) {
  const auto narrowed = [](const std::vector<std::string>& values, const std::string& filter) {
    return Text(Parse(NarrowedTo("programme_revision", values, filter)));
  };
  EXPECT_EQ(narrowed({"a", "b"}, ""), "programme_revision = a|b");
  EXPECT_EQ(narrowed({"a", "b"}, "state = OPEN OR state = DRAFT AND end_date = 'x'"),
            "programme_revision = a|b; state = OPEN|DRAFT; end_date = x");
  EXPECT_EQ(narrowed({}, ""), "programme_revision = ");
  EXPECT_EQ(narrowed({"\" OR name != \"\\"}, ""), "programme_revision = \" OR name != \"\\");
}

std::string Repeated(size_t times, const std::string& text, const std::string& between) {
  return absl::StrJoin(std::vector<std::string>(times, text), between);
}

TEST(FilterTest, IsBounded) {
  EXPECT_TRUE(Parse(std::string(16, '(') + "state = OPEN" + std::string(16, ')')).ok());
  EXPECT_FALSE(Parse(std::string(17, '(') + "state = OPEN" + std::string(17, ')')).ok());
  EXPECT_FALSE(Parse(std::string(100'000, '(')).ok());
  EXPECT_TRUE(Parse(Repeated(kFilterClausesMax, "state = OPEN", " AND ")).ok());
  EXPECT_FALSE(Parse(Repeated(kFilterClausesMax + 1, "state = OPEN", " AND ")).ok());
  std::vector<std::string> dates, names;
  for (size_t i = 0; i <= kFilterValuesMax; ++i) {
    dates.push_back(absl::StrCat("end_date = '", i, "'"));
    names.push_back(absl::StrCat("name = '", i, "'"));
  }
  EXPECT_FALSE(Parse(absl::StrJoin(dates, " OR ")).ok());
  EXPECT_TRUE(Parse(absl::StrJoin(names, " OR ")).ok());  // each is one row
  dates.pop_back();
  EXPECT_TRUE(Parse(absl::StrJoin(dates, " OR ")).ok());
}

}  // namespace
}  // namespace vivier::storage
