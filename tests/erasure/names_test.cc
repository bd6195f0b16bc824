// What names of rows say of persons, beside whom they stand, and what a name says that was
// somebody's. On both engines.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/security/school_key.h"
#include "tests/erasure/scan.h"
#include "tests/erasure/town.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::UnorderedElementsAre;

class NamesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  NamesTest() : world_(GetParam()), town_(world_) { town_.Build(); }

  void Erase(const std::string& person) {
    ASSERT_EQ(town_.Do("EraseCandidate", absl::StrCat(R"({"name": "NANCY/candidates/)", person,
                                                      R"(", "cause": "REQUESTED"})")),
              absl::OkStatus());
    world_.Settle();
  }

  // In which columns the word stands.
  std::set<std::string> Places(const std::string& service, const std::string& word) {
    std::set<std::string> places;
    for (const std::string& hit : FindInTables(world_.DatabaseUrl(service), {word}))
      places.insert(hit.substr(0, hit.find(':')));
    return places;
  }

  World world_;
  Town town_;
};
INSTANTIATE_TEST_SUITE_P(Engines, NamesTest, BothEngines(), EngineName);

// In which cells somebody is counted, and the hashes by which they are known again.
TEST_P(NamesTest, NoActNamesWhatIsEncrypted) {
  const auto look = [this] {
    EXPECT_THAT(Places("statistics", "learners-by-age"),
                UnorderedElementsAre("cells.name", "cells.table_id"));
    EXPECT_THAT(Places("statistics", "outcomes."), ElementsAre("cells.name"));
    EXPECT_THAT(Places("statistics", "learnerResults/ai"), IsSubsetOf({"learner_results.name"}));
    EXPECT_THAT(Places("enrolment", "candidateKeys/email-"), ElementsAre("candidate_keys.name"));
  };
  look();
  for (const char* person : {"one", "three", "four"}) Erase(person);
  look();
  const auto key = security::SchoolKey::Load(world_.data() + "/keys/school.key");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_THAT(FindInSealed(world_.DatabaseUrl("statistics"), *key, {"learners-by-age"}),
              ElementsAre(HasSubstr("base_cells.counts")));
  world_.ExpectInvariants();
}

TEST_P(NamesTest, NothingElseIsToldOfANameThatWasSomebodys) {
  Erase("four");
  const std::string update = R"({"candidate": {"name": "NANCY/candidates/four", "etag": "7",
    "given_name": "a", "family_name": "b"}, "update_mask": "*"})";
  EXPECT_EQ(ReasonOf(town_.Do("UpdateCandidate", update)), "PERSON_ERASED") << "not its etag";
  EXPECT_EQ(ReasonOf(town_.Do("SubmitApplication",
                              R"({"parent": "COHORT", "application_id": "again",
    "application": {"candidate": "NANCY/candidates/four"}})")),
            "PERSON_ERASED")
      << "not that they applied";
}

}  // namespace
}  // namespace vivier::testing
