// One person under fourteen ways to write a name: the gate by itself, and what CreateCandidate and
// an import say, on both engines.
#include "services/enrolment/people/identity.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::enrolment {
namespace {

using testing::World;

struct Kind {
  const char* what;
  const char* given;
  const char* family;
  bool refused = false;  // at entry, since nobody sees the difference
};

constexpr char kGiven[] = "Élodie-Anne", kFamily[] = "Lebœuf d'Arc";

constexpr Kind kKinds[] = {
    {"without case", "élodie-anne", "LEBŒUF D'ARC"},
    {"without accents", "Elodie-Anne", "Lebœuf d'Arc"},
    {"accents as marks", "E\u0301lodie-Anne", "Lebœuf d'Arc"},
    {"a blank for a hyphen", "Élodie Anne", "Lebœuf d'Arc"},
    {"another hyphen", "Élodie\u2010Anne", "Lebœuf d'Arc"},
    {"a typographic apostrophe", "Élodie-Anne", "Lebœuf d’Arc"},
    {"without apostrophe", "Élodie-Anne", "Lebœuf dArc"},
    {"a ligature as letters", "Élodie-Anne", "Leboeuf d'Arc"},
    {"a blank that does not break", "Élodie-Anne", "Lebœuf\u00A0d'Arc"},
    {"blanks around", "Élodie-Anne", "Lebœuf   d'Arc "},
    {"names exchanged", "Lebœuf d'Arc", "Élodie-Anne"},
    {"parts in another order", "Anne Élodie", "d'Arc Lebœuf"},
    {"wide letters", "Élodie-Ａｎｎｅ", "Lebœuf d'Arc"},
    {"an invisible character", "Élodie-An\u200Bne", "Lebœuf d'Arc", true},
};

v1::Candidate Somebody(const char* given, const char* family, const std::string& email) {
  v1::Candidate candidate;
  candidate.set_given_name(given);
  candidate.set_family_name(family);
  candidate.set_email(email);
  candidate.mutable_birth_date()->set_year(1999);
  candidate.mutable_birth_date()->set_month(2);
  candidate.mutable_birth_date()->set_day(28);
  return candidate;
}

TEST(Compare, TakesDifferentlyWrittenNamesForOne) {
  const v1::Candidate known = Somebody(kGiven, kFamily, "elodie@example.org");
  for (const Kind& kind : kKinds) {
    EXPECT_EQ(Compare(known, Somebody(kind.given, kind.family, "e2@example.org")),
              Sameness::kLikely)
        << kind.what;
    EXPECT_EQ(Compare(known, Somebody(kind.given, kind.family, "Elodie@Example.org ")),
              Sameness::kSame)
        << kind.what;
  }
}

TEST(Compare, TellsPeopleApart) {
  const v1::Candidate known = Somebody(kGiven, kFamily, "elodie@example.org");
  EXPECT_EQ(Compare(known, Somebody("Élodia-Anne", kFamily, "e2@example.org")),
            Sameness::kDifferent);
  v1::Candidate twin = Somebody("Rose", kFamily, "elodie@example.org");  // one address
  EXPECT_EQ(Compare(known, twin), Sameness::kLikely);
  v1::Candidate namesake = Somebody(kGiven, kFamily, "e2@example.org");
  namesake.mutable_birth_date()->set_day(27);
  EXPECT_EQ(Compare(known, namesake), Sameness::kDifferent);
  namesake.clear_birth_date();  // unknown, which is not equal
  EXPECT_EQ(Compare(known, namesake), Sameness::kDifferent);
  EXPECT_EQ(Compare(v1::Candidate(), v1::Candidate()), Sameness::kDifferent);
}

class IdentityTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  std::string Create(const v1::Candidate& candidate, const std::string& id, bool confirmed) {
    v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id(id);
    *request.mutable_candidate() = candidate;
    request.set_confirmed_distinct(confirmed);
    request.set_validate_only(id != "known");
    return ReasonOf(world_.Write<v1::Candidate>(request).status());
  }

  World world_{GetParam()};
};

TEST_P(IdentityTest, IsAskedByEveryWayIn) {
  ASSERT_EQ(Create(Somebody(kGiven, kFamily, "elodie@example.org"), "known", false), "");
  for (const Kind& kind : kKinds) {
    const v1::Candidate other = Somebody(kind.given, kind.family, "e2@example.org");
    EXPECT_EQ(Create(other, "other", false), kind.refused ? "INVALID_FIELD" : "DUPLICATE_PERSON")
        << kind.what;
    EXPECT_EQ(Create(other, "other", true), kind.refused ? "INVALID_FIELD" : "") << kind.what;
  }
  EXPECT_EQ(Create(Somebody("Rose", kFamily, "rose@example.org"), "other", false), "");
}

INSTANTIATE_TEST_SUITE_P(Engines, IdentityTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::enrolment
