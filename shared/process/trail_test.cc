// The readings of a person are searched by their names, however many readings a school has: by the
// index of persons, on both engines.
#include "shared/process/trail.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/house_tables.h"
#include "tests/support/engines.h"

namespace vivier::site {
namespace {

using storage::Access;
using storage::Connection;
using storage::Engine;
using storage::Value;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TrailTest : public ::testing::TestWithParam<Engine> {
 protected:
  // As many readings as make a scan dearer than a search.
  void Fill(Connection& connection) {
    ASSERT_EQ(connection.Begin(Access::kWrite), absl::OkStatus());
    for (int person = 0; person < 1000; ++person)
      for (int day = 0; day < 10; ++day)
        ASSERT_EQ(
            connection.Send("INSERT INTO person_reads (school, principal, day, person, reads, "
                            "first_method, first_time) VALUES ('nancy', 'p', $1, $2, 1, 'm', "
                            "1)",
                            {Value(int64_t{day}), Value(absl::StrCat("l", person))}),
            absl::OkStatus());
    ASSERT_EQ(connection.Script("ANALYZE person_reads;"), absl::OkStatus());
    ASSERT_EQ(connection.Commit(), absl::OkStatus());
  }

  // The engine's plan of the statement, all of its lines.
  std::string PlanOf(Connection& connection, const std::string& sql, size_t names) {
    std::vector<Value> parameters = {Value("nancy"), Value(int64_t{1}), Value(int64_t{9}),
                                     Value(""), Value("")};
    for (size_t i = 0; i < names; ++i) parameters.emplace_back(absl::StrCat("l", i));
    EXPECT_EQ(connection.Begin(Access::kRead), absl::OkStatus());
    const auto plan = connection.Query(
        absl::StrCat(GetParam() == Engine::kSqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ", sql),
        parameters);
    connection.Rollback();
    EXPECT_EQ(plan.status(), absl::OkStatus());
    std::vector<std::string> lines;
    if (plan.ok())
      for (const storage::Row& row : plan->rows) lines.push_back(std::get<std::string>(row.back()));
    return absl::StrJoin(lines, "\n");
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, TrailTest, testing::BothEngines(), testing::EngineName);

TEST_P(TrailTest, ReadingsOfManyNamesAreSearchedByTheirIndex) {
  const auto database = testing::FreshDatabase(GetParam());
  ASSERT_EQ(storage::Migrate(*database, "enrolment"), absl::OkStatus());
  const auto connection = *database->Connect(Access::kWrite);
  Fill(*connection);
  for (const size_t names : {1, 2, 10}) {
    const std::string sql = storage::house::PersonReads().SelectWhere(ReadsOfPersons(names, 51));
    const std::string plan = PlanOf(*connection, sql, names);
    EXPECT_THAT(plan, HasSubstr("person_reads_by_person")) << names;
    EXPECT_THAT(plan, Not(AnyOf(HasSubstr("Seq Scan"), HasSubstr("SCAN person_reads")))) << names;
  }
  ASSERT_EQ(connection->Begin(Access::kWrite), absl::OkStatus());
  ASSERT_EQ(connection->Script("DROP INDEX person_reads_by_person;"), absl::OkStatus());
  ASSERT_EQ(connection->Commit(), absl::OkStatus());
  const std::string sql = storage::house::PersonReads().SelectWhere(ReadsOfPersons(3, 51));
  EXPECT_THAT(PlanOf(*connection, sql, 3), Not(HasSubstr("(school=? AND person=?")))
      << "planted: no other index is by the person";
}

}  // namespace
}  // namespace vivier::site
