// One person under seventeen ways to write a name: the gate by itself, and what CreateCandidate and
// UpdateCandidate say; who is known by what after updates and erasures. On both engines.
#include "services/enrolment/people/identity.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
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
    {"a blank for an apostrophe", "Élodie-Anne", "Lebœuf d Arc"},
    {"a hyphen for an apostrophe", "Élodie-Anne", "Lebœuf d-Arc"},
    {"a ligature as letters", "Élodie-Anne", "Leboeuf d'Arc"},
    {"a blank that does not break", "Élodie-Anne", "Lebœuf\u00A0d'Arc"},
    {"blanks around", "Élodie-Anne", "Lebœuf   d'Arc "},
    {"names exchanged", "Lebœuf d'Arc", "Élodie-Anne"},
    {"parts in another order", "Anne Élodie", "d'Arc Lebœuf"},
    {"wide letters", "Élodie-Ａｎｎｅ", "Lebœuf d'Arc"},
    {"a title before a name", "Mme Élodie-Anne", "Lebœuf d'Arc"},
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
    request.set_validate_only(id == "other");
    return ReasonOf(world_.Write<v1::Candidate>(request).status());
  }

  std::string Update(const std::string& id, v1::Candidate candidate, bool confirmed = false) {
    v1::UpdateCandidateRequest request;
    candidate.set_name(absl::StrCat("schools/nancy/candidates/", id));
    *request.mutable_candidate() = candidate;
    request.set_confirmed_distinct(confirmed);
    return ReasonOf(world_.Write<v1::Candidate>(request).status());
  }

  std::string Erase(const std::string& id) {
    v1::EraseCandidateRequest request;
    request.set_name(absl::StrCat("schools/nancy/candidates/", id));
    request.set_cause(v1::REQUESTED);
    return ReasonOf(world_.Write<v1::Erasure>(request).status());
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

TEST_P(IdentityTest, IsAskedByAnUpdateToo) {
  ASSERT_EQ(Create(Somebody(kGiven, kFamily, "elodie@example.org"), "known", false), "");
  ASSERT_EQ(Create(Somebody("Rose", "Petit", "rose@example.org"), "rose", false), "");
  v1::Candidate address, name;
  address.set_email("Elodie@example.org");
  name.set_given_name(kFamily);
  name.set_family_name(kGiven);
  for (const v1::Candidate& another : {address, name}) {
    EXPECT_EQ(Update("rose", another), "DUPLICATE_PERSON");
    EXPECT_EQ(Update("known", another), "") << "what the file says already is no change";
  }
  v1::Candidate phone;
  phone.set_phone("+33 6 12 34 56 78");
  EXPECT_EQ(Update("rose", address, true), "");
  EXPECT_EQ(Update("rose", phone), "") << "somebody looked once, which is enough";
  EXPECT_EQ(Update("rose", name), "DUPLICATE_PERSON");
  world_.ExpectInvariants();
}

// A name with a particle has two keys, which come and go together.
TEST_P(IdentityTest, AParticleMayBeJoined) {
  ASSERT_EQ(Create(Somebody("Anne", "Le Gall", "anne@example.org"), "known", false), "");
  const v1::Candidate joined = Somebody("Anne", "LEGALL", "e2@example.org");
  EXPECT_EQ(Create(joined, "other", false), "DUPLICATE_PERSON");
  EXPECT_EQ(Compare(joined, Somebody("Anne", "Le Gall", "e2@example.org")), Sameness::kSame);
  ASSERT_EQ(Create(joined, "joined", true), "");
  world_.ExpectInvariants();
  v1::Candidate married;
  married.set_family_name("Petit");
  ASSERT_EQ(Update("known", married), "");
  world_.ExpectInvariants();
  ASSERT_EQ(Erase("joined"), "");
  EXPECT_EQ(Create(joined, "other", false), "");
  EXPECT_EQ(Create(Somebody("Anne", "Le Gall", "e2@example.org"), "other", false), "");
  world_.ExpectInvariants();
}

TEST_P(IdentityTest, WhoSharesAKeyKeepsItWhenAnotherGoes) {
  const v1::Candidate twin = Somebody("Rose", kFamily, "family@example.org");
  ASSERT_EQ(Create(Somebody(kGiven, kFamily, "family@example.org"), "one", false), "");
  ASSERT_EQ(Create(twin, "two", true), "");
  ASSERT_EQ(Create(Somebody("Zoé", "Petit", "zoe@example.org"), "three", false), "");
  v1::Candidate address;
  address.set_email("family@example.org");
  ASSERT_EQ(Update("three", address, true), "");
  const v1::Candidate again = Somebody("Ali", "Blanc", "family@example.org");
  for (const char* gone : {"one", "two"}) {
    EXPECT_EQ(Create(again, "other", false), "DUPLICATE_PERSON") << "before " << gone;
    ASSERT_EQ(Erase(gone), "");
    world_.ExpectInvariants();
  }
  EXPECT_EQ(Create(again, "other", false), "DUPLICATE_PERSON") << "three has it still";
  address.set_email("three@example.org");
  ASSERT_EQ(Update("three", address), "");
  EXPECT_EQ(Create(again, "other", false), "");
  EXPECT_EQ(Create(Somebody("Ali", "Blanc", "three@example.org"), "other", false),
            "DUPLICATE_PERSON");
  world_.ExpectInvariants();
}

TEST_P(IdentityTest, NobodyIsBornTomorrow) {
  v1::Candidate somebody = Somebody(kGiven, kFamily, "elodie@example.org");
  const google::type::Date good = somebody.birth_date();
  const absl::CivilDay today = absl::ToCivilDay(world_.now(), absl::UTCTimeZone());
  ASSERT_EQ(Create(somebody, "known", false), "");
  v1::Candidate born;
  for (const absl::CivilDay day :
       {today + 2, absl::CivilDay(today.year() + 9, 1, 1), absl::CivilDay(1899, 12, 31)}) {
    *born.mutable_birth_date() = *somebody.mutable_birth_date() = ToDate(day);
    EXPECT_EQ(Create(somebody, "other", true), "INVALID_FIELD") << day;
    EXPECT_EQ(Update("known", born), "INVALID_FIELD") << day;
  }
  for (const absl::CivilDay day : {today - 1, absl::CivilDay(1900, 1, 1), ToCivil(good)}) {
    *born.mutable_birth_date() = ToDate(day);
    EXPECT_EQ(Update("known", born), "") << day;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, IdentityTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::enrolment
