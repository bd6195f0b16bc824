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
  for (const auto& row : rows) {
    EXPECT_EQ(SchoolOf(row.name), row.school) << row.name;
    EXPECT_EQ(SchoolNameOf(row.name).empty(), SchoolOf(row.name).empty()) << row.name;
  }
  EXPECT_EQ(SchoolNameOf("schools/nancy/cohorts/ai-1"), "schools/nancy");
}

TEST(SnakeCase, IsTheNameOfATable) {
  EXPECT_EQ(SnakeCase("fundingAgreements"), "funding_agreements");
  EXPECT_EQ(SnakeCase("cohorts"), "cohorts");
  EXPECT_EQ(SnakeCase(""), "");
}

TEST(ResourceName, HasParentCollectionAndId) {
  const struct {
    const char *name, *parent, *collection, *id, *in_school;
  } rows[] = {
      {"schools/nancy/cohorts/ai-1/learners/l7", "schools/nancy/cohorts/ai-1", "learners", "l7",
       "ai-1.l7"},
      {"schools/nancy/cohorts/ai-1", "schools/nancy", "cohorts", "ai-1", "ai-1"},
      {"schools/nancy", "", "schools", "nancy", ""},
      // A singleton has no id of its own.
      {"schools/nancy/cohorts/ai-1/seats", "schools/nancy/cohorts/ai-1", "seats", "seats", "ai-1"},
      {"schools/nancy/settings", "schools/nancy", "settings", "settings", ""},
      {"", "", "", "", ""},
      {"nancy", "", "", "nancy", ""},
      {"/", "", "", "", ""},
      {"schools/nancy/", "", "", "", ""},
      {"schools/nancy/cohorts/", "", "", "", ""},
      {"/schools/nancy/cohorts/ai-1", "", "", "ai-1", ""},
      {"schools//cohorts/ai-1", "", "", "ai-1", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ParentOf(row.name), row.parent) << row.name;
    EXPECT_EQ(CollectionOf(row.name), row.collection) << row.name;
    EXPECT_EQ(IdOf(row.name), row.id) << row.name;
    EXPECT_EQ(IdInSchool(row.name), row.in_school) << row.name;
  }
}

TEST(ResourceName, IsPutTogetherAsItIsTakenApart) {
  const std::string cohort = NameIn("nancy", "cohorts", "ai-1");
  EXPECT_EQ(cohort, "schools/nancy/cohorts/ai-1");
  const std::string learner = ChildName(cohort, "learners", "l7");
  EXPECT_EQ(learner, "schools/nancy/cohorts/ai-1/learners/l7");
  EXPECT_EQ(ParentOf(learner), cohort);
  EXPECT_EQ(ChildName(ParentOf(learner), CollectionOf(learner), IdOf(learner)), learner);
}

}  // namespace
}  // namespace vivier
