#include "shared/security/caller.h"

#include "gtest/gtest.h"

namespace vivier::security {
namespace {

TEST(CallerTest, ScopeIsTheSchoolThatTheNameBeginsWith) {
  const struct {
    std::vector<std::string> schools;
    std::string name;
    bool in_scope;
  } rows[] = {
      {{"nancy"}, "schools/nancy", true},
      {{"nancy"}, "schools/nancy/cohorts/1", true},
      {{"nancy"}, "schools/nancy2/cohorts/1", false},
      {{"nancy"}, "schools/nanc/cohorts/1", false},
      {{"nancy"}, "schools/Nancy/cohorts/1", false},
      {{"nancy"}, "schools//cohorts/1", false},
      {{"nancy"}, "schools/*/cohorts/1", false},
      {{"nancy"}, "schools", false},
      {{"nancy"}, "", false},
      {{"nancy"}, "nancy", false},
      {{"nancy"}, "xschools/nancy", false},
      {{"nancy"}, "/schools/nancy", false},
      {{"metz", "nancy"}, "schools/nancy/cohorts/1", true},
      {{}, "schools/nancy", false},
      {{""}, "schools//cohorts/1", false},
      {{""}, "", false},
      {{"*"}, "schools/nancy/cohorts/1", true},
      {{"*"}, "schools/*/cohorts/1", false},
      {{"*"}, "schools//cohorts/1", false},
      {{"*"}, "publications/2026", true},
      {{"nancy"}, "publications/2026", false},
  };
  for (const auto& row : rows) {
    Caller caller;
    caller.schools = row.schools;
    EXPECT_EQ(InScope(caller, row.name), row.in_scope) << row.name;
  }
}

}  // namespace
}  // namespace vivier::security
