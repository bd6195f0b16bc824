#include "shared/base/resource_name.h"

#include "gtest/gtest.h"

namespace vivier {
namespace {

TEST(SchoolOf, IsTheSecondSegmentOfASchoolsName) {
  const struct {
    const char* name;
    const char* school;
  } rows[] = {{"schools/nancy", "nancy"},
              {"schools/nancy/cohorts/ai-1", "nancy"},
              {"schools/", ""},
              {"schools", ""},
              {"", ""},
              {"networks/nancy", ""},
              {"Schools/nancy", ""}};
  for (const auto& row : rows) EXPECT_EQ(SchoolOf(row.name), row.school) << row.name;
}

}  // namespace
}  // namespace vivier
