// Whose personal data was shown to whom: counted, bounded, told. On both engines, with a budget of
// four people a day.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/security/roles.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using enrolment::v1::Candidate;

constexpr int kBudget = 4;
constexpr int kPeople = 8;

std::string NameOf(int person) { return absl::StrCat("schools/nancy/candidates/c-", person); }

security::Caller Named(const std::string& subject, const std::string& role) {
  security::Caller caller = World::Person(role);
  caller.subject = subject;
  return caller;
}

class ReadBudgetTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ReadBudgetTest()
      : world_(GetParam(),
               [](config::v1::Config& config) { config.add_read_budgets()->set_opened(kBudget); }) {
    for (int person = 0; person < kPeople; ++person) {
      const absl::Status created =
          Create(person, Named(absl::StrCat("clerk-", person), "admissions_officer"), false);
      EXPECT_TRUE(created.ok()) << created;
    }
  }

  absl::Status Create(int person, const security::Caller& caller, bool trial) {
    enrolment::v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id(absl::StrCat("c-", person));
    request.mutable_candidate()->set_given_name("Zoe");
    request.mutable_candidate()->set_family_name("Martin");
    request.mutable_candidate()->set_email(absl::StrCat("zoe.", person, "@example.org"));
    request.set_validate_only(trial);
    return world_.Write<Candidate>(request, caller).status();
  }

  absl::Status Get(int person, const security::Caller& caller, const std::string& reason = "") {
    enrolment::v1::GetCandidateRequest request;
    request.set_name(NameOf(person));
    return rpc::Invoke<Candidate>(*world_.site().channel(),
                                  *rpc::MethodTaking(*request.GetDescriptor()), request,
                                  {absl::Seconds(30), world_.Authorization(caller), "", reason})
        .status();
  }

  absl::Status UpdatePhone(int person, const security::Caller& caller, bool trial) {
    enrolment::v1::UpdateCandidateRequest request;
    request.mutable_candidate()->set_name(NameOf(person));
    request.mutable_candidate()->set_phone("+33 3 83 00 00 00");
    request.mutable_update_mask()->add_paths("phone");
    request.set_validate_only(trial);
    return world_.Write<Candidate>(request, caller).status();
  }

  int64_t Number(const std::string& sql) {
    auto database = storage::Database::Open(world_.DatabaseUrl("enrolment"));
    EXPECT_TRUE(database.ok()) << database.status();
    auto connection = (*database)->Connect(storage::Access::kRead);
    EXPECT_TRUE(connection.ok()) << connection.status();
    EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
    const auto result = (*connection)->Query(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  void ExpectSpent(const absl::Status& status) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(ReasonOf(status), "READ_BUDGET_SPENT");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : MetadataOf(status)) metadata[key] = value;
    EXPECT_EQ(metadata["budget"], "opened");
    EXPECT_EQ(metadata["limit"], absl::StrCat(kBudget));
    absl::Time renewed;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_sec, metadata["renew_time"], &renewed, nullptr));
    EXPECT_GT(renewed, world_.now());
    EXPECT_LE(renewed, world_.now() + absl::Hours(24));
  }

  World world_;
  const security::Caller officer_ = Named("officer", "admissions_officer");
};

TEST_P(ReadBudgetTest, AnExportShowsNobodyElse) {
  site::v1::ExportPersonRequest request;
  request.set_name(NameOf(0));
  const security::Caller officer = Named("officer", "admissions_officer");
  const auto exported = [&] {
    return world_.Call<site::v1::ExportPersonResponse>(request, officer);
  };
  EXPECT_EQ(exported().status(), absl::OkStatus());
  request.add_names(NameOf(1));
  EXPECT_EQ(ReasonOf(exported().status()), "INVALID_FIELD") << "of somebody else";
  request.set_name(NameOf(kPeople));
  EXPECT_EQ(ReasonOf(exported().status()), "INVALID_FIELD") << "of somebody, for nobody";
}

TEST_P(ReadBudgetTest, BoundsThePeopleOfADayAndNotTheReads) {
  for (int round = 0; round < 3; ++round)
    for (int person = 0; person < kBudget; ++person) EXPECT_TRUE(Get(person, officer_).ok());
  ExpectSpent(Get(kBudget, officer_));
  EXPECT_TRUE(Get(0, officer_).ok());                                    // whom he knows, he knows
  EXPECT_TRUE(Get(kBudget, Named("other", "admissions_officer")).ok());  // each has his own
  EXPECT_EQ(
      Number("SELECT CAST(SUM(reads) AS BIGINT) FROM person_reads WHERE principal = 'officer'"),
      3 * kBudget + 1);
  world_.Restart();
  ExpectSpent(Get(kBudget, officer_));
  world_.Advance(absl::Hours(24));
  EXPECT_TRUE(Get(kBudget, officer_).ok());
}

// What callers have just written themselves shows them nothing.
TEST_P(ReadBudgetTest, WhoWritesAFileHasNotReadIt) {
  for (int person = 0; person < 3 * kBudget; ++person)
    EXPECT_TRUE(Create(kPeople + person, officer_, false).ok());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM person_reads"), 0);
}

// An update whose mask names one field answers all the others: they are shown, also by a trial,
// which leaves nothing else behind.
TEST_P(ReadBudgetTest, WhatAWriteTellsBesidesIsCounted) {
  for (int person = 0; person < kBudget; ++person)
    EXPECT_TRUE(UpdatePhone(person, officer_, true).ok());
  ExpectSpent(UpdatePhone(kBudget, officer_, true));
  ExpectSpent(UpdatePhone(kBudget, officer_, false));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM person_reads WHERE principal = 'officer'"), kBudget);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM candidates WHERE version > 1"), 0);
  EXPECT_TRUE(UpdatePhone(kBudget, Named("other", "admissions_officer"), false)
                  .ok());  // a refusal took nothing
}

// Who is refused because somebody is known learns who that is, as by a reading.
TEST_P(ReadBudgetTest, ARefusalThatNamesSomebodyIsAReading) {
  const auto probe = [&](int person, bool trial, const security::Caller& caller) {
    enrolment::v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id("probe");
    request.mutable_candidate()->set_given_name("Rose");
    request.mutable_candidate()->set_family_name("Petit");
    request.mutable_candidate()->set_email(absl::StrCat("zoe.", person, "@example.org"));
    request.set_validate_only(trial);
    const absl::Status refused = world_.Write<Candidate>(request, caller).status();
    EXPECT_EQ(ReasonOf(refused), "DUPLICATE_PERSON") << refused;
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : MetadataOf(refused)) metadata[key] = value;
    return metadata["candidate"];
  };
  for (const bool trial : {true, false})
    for (int person = 0; person < kBudget; ++person)
      EXPECT_EQ(probe(person, trial, officer_), NameOf(person));
  const int64_t readings = Number("SELECT COUNT(*) FROM reading_records WHERE persons = 1");
  EXPECT_EQ(readings, 2 * kBudget);
  for (const bool trial : {true, false}) EXPECT_EQ(probe(kBudget, trial, officer_), "");
  EXPECT_EQ(probe(0, false, officer_), NameOf(0)) << "whom they know, they know";
  EXPECT_EQ(Number("SELECT COUNT(*) FROM person_reads WHERE principal = 'officer'"), kBudget);
  ExpectSpent(Get(kBudget, officer_));

  const security::Caller writer = Named("writer", security::RoleOfPermission("candidates.create"));
  EXPECT_EQ(probe(0, false, writer), "") << "who may not read candidates";
  EXPECT_EQ(Number("SELECT COUNT(*) FROM person_reads WHERE principal = 'writer'"), 0);
  world_.ExpectInvariants();
}

TEST_P(ReadBudgetTest, TheHeadOfTheSchoolMayExceedItWithAReason) {
  const security::Caller head = World::Person();
  for (int person = 0; person < kBudget; ++person) EXPECT_TRUE(Get(person, head).ok());
  ExpectSpent(Get(kBudget, head));
  ExpectSpent(Get(kBudget, head, "   "));
  EXPECT_TRUE(Get(kBudget, head, " fire in the building, calling everybody").ok());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records WHERE reason LIKE 'fire%'"), 1);
  for (int person = 0; person < kBudget; ++person) EXPECT_TRUE(Get(person, officer_).ok());
  ExpectSpent(Get(kBudget, officer_, "because"));
  world_.ExpectInvariants();
}

TEST_P(ReadBudgetTest, TellsSearchPersonReadsAndSearchAuditRecords) {
  ASSERT_TRUE(Get(1, officer_).ok());
  ASSERT_TRUE(Get(1, officer_).ok());
  site::v1::SearchPersonReadsRequest read;
  read.set_name(NameOf(1));
  const auto reads =
      world_.Call<site::v1::SearchPersonReadsResponse>(read, World::Person("auditor"));
  ASSERT_TRUE(reads.ok()) << reads.status();
  ASSERT_EQ(reads->reads_size(), 1) << reads->DebugString();
  EXPECT_EQ(reads->reads(0).principal(), "officer");
  EXPECT_EQ(reads->reads(0).service(), "enrolment");
  EXPECT_EQ(reads->reads(0).reads(), 2);
  EXPECT_EQ(reads->reads(0).opened(), 2);
  EXPECT_EQ(reads->reads(0).first_method(), "vivier.enrolment.v1.PeopleService.GetCandidate");

  site::v1::SearchAuditRecordsRequest changed;
  changed.set_name("schools/nancy");
  const auto changes = world_.Call<site::v1::SearchAuditRecordsResponse>(changed);
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_EQ(changes->records_size(), kPeople + 2) << changes->DebugString();
  EXPECT_EQ(changes->records(0).changes(0).version(), 1) << "an act, with what it made";
  EXPECT_FALSE(changes->records(0).reading());
  EXPECT_TRUE(changes->records(kPeople).reading()) << "behind the acts";
  EXPECT_EQ(changes->records(kPeople).resource(), NameOf(1));
  EXPECT_EQ(changes->records(kPeople).persons(), 1);
  world_.Advance(absl::Hours(24 * 30));
  EXPECT_EQ(world_.Call<site::v1::SearchAuditRecordsResponse>(changed)->records_size(), 0);
  EXPECT_EQ(world_.Call<site::v1::SearchPersonReadsResponse>(read)->reads_size(), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(
      world_.Call<site::v1::SearchPersonReadsResponse>(read, officer_).status()));
}

INSTANTIATE_TEST_SUITE_P(Engines, ReadBudgetTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
