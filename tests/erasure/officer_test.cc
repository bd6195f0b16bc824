// What a data protection officer asks: who was shown a person, under whatever name, and by commands
// that say who asks.
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/erasure/town.h"
#include "tests/support/engines.h"
#include "tests/support/process.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using site::v1::SearchPersonReadsRequest;
using site::v1::SearchPersonReadsResponse;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr char kOne[] = "schools/nancy/candidates/one";
constexpr char kCohort[] = "schools/nancy/cohorts/ai";
constexpr char kLearner[] = "schools/nancy/cohorts/ai/learners/one";

class OfficerTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  OfficerTest() : world_(GetParam()), town_(world_) {
    town_.Build();
    EXPECT_EQ(ListLearnersAs("trainer"), "") << "whom a trainer does not see";
    EXPECT_NE(ListLearnersAs("admissions_officer"), "");
  }

  // As tom; gives who the first learner is.
  std::string ListLearnersAs(const std::string& role) {
    security::Caller caller = World::Person(role);
    caller.subject = "tom";
    enrolment::v1::ListLearnersRequest list;
    list.set_parent(kCohort);
    const auto learners = world_.Call<enrolment::v1::ListLearnersResponse>(list, caller);
    EXPECT_TRUE(learners.ok() && learners->learners_size() == 3) << learners.status();
    return learners.ok() ? learners->learners(0).candidate() : "";
  }

  // "PRINCIPAL NAME" of all pages.
  std::set<std::string> Shown(const SearchPersonReadsRequest& first) {
    SearchPersonReadsRequest request = first;
    std::set<std::string> shown;
    do {
      const auto page = world_.Call<SearchPersonReadsResponse>(request, World::Person("auditor"));
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return shown;
      for (const auto& read : page->reads())
        EXPECT_TRUE(shown.insert(absl::StrCat(read.principal(), " ", read.person())).second)
            << read.DebugString();
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return shown;
  }
  std::set<std::string> Shown(const std::string& name, int page_size = 0) {
    SearchPersonReadsRequest request;
    request.set_name(name);
    request.set_page_size(page_size);
    return Shown(request);
  }

  // What the command prints, on a school whose services do not run; by the machine's clock, so that
  // what the world's clock dated is asked for with many days.
  std::string Run(std::vector<std::string> arguments, int status = 0) {
    arguments.insert(arguments.end(), {"--data", world_.data()});
    std::string output;
    EXPECT_EQ(RunToEnd(arguments, &output), status) << arguments[0] << " " << output;
    return output;
  }
  void StopForCommands() {
    world_.Stop();
    std::ofstream(world_.data() + "/config.textproto")
        << "schools: 'nancy' network: 'test' engine: SQLITE development: true";
  }

  World world_;
  Town town_;
};

INSTANTIATE_TEST_SUITE_P(Engines, OfficerTest, BothEngines(), EngineName);

using OfficerOnSqliteTest = OfficerTest;
INSTANTIATE_TEST_SUITE_P(Sqlite, OfficerOnSqliteTest, ::testing::Values(storage::Engine::kSqlite),
                         EngineName);

TEST_P(OfficerTest, FindsWhoWasShownTheLearner) {
  EXPECT_THAT(Shown(kOne),
              IsSupersetOf({absl::StrCat("tom ", kLearner), absl::StrCat("tom ", kOne)}));
  EXPECT_THAT(Shown("schools/nancy/candidates/four"), Not(Contains(HasSubstr("tom"))));
  EXPECT_THAT(Shown(kCohort), IsEmpty()) << "many share it";
}

TEST_P(OfficerTest, PagesHoldEachReadingOnce) {
  const std::set<std::string> all = Shown(kOne);
  EXPECT_GE(all.size(), 2u);
  EXPECT_EQ(Shown(kOne, 1), all);
}

// As another process of the site is asked, which cannot tell whose learner it is.
TEST_P(OfficerTest, FindsThemByNamesOfAnotherProcess) {
  SearchPersonReadsRequest request;
  request.set_name("schools/nancy/candidates/nobody");
  EXPECT_THAT(Shown(request), IsEmpty());
  request.add_names(kLearner);
  EXPECT_THAT(Shown(request), Contains(absl::StrCat("tom ", kLearner)));
}

TEST_P(OfficerTest, FindsTheErasedToo) {
  ASSERT_EQ(town_.Do("EraseCandidate", R"({"name": "NANCY/candidates/one", "cause": "REQUESTED"})"),
            absl::OkStatus());
  world_.Settle();
  EXPECT_THAT(Shown(kOne), Contains(absl::StrCat("tom ", kLearner)));
}

TEST_P(OfficerOnSqliteTest, CommandsSayWhoAsks) {
  StopForCommands();
  EXPECT_THAT(Run({"export", "person", kOne}), HasSubstr(kLearner));
  Run({"export", "person", kOne, "--subject", "paula"});
  EXPECT_THAT(Run({"export", "person", kOne, "--role", "trainer"}, 1),
              HasSubstr("PERMISSION_DENIED"));
  Run({"evidence", kCohort, "--role", "auditor", "--subject", "ines"});
  EXPECT_THAT(Run({"evidence", kCohort, "--role", "trainer"}, 1), HasSubstr("PERMISSION_DENIED"));
  const std::string trail = Run({"audit", kOne, "--days", "3000"});
  EXPECT_THAT(trail, HasSubstr(absl::StrCat("tom  was shown ", kLearner, " 1 times that day")));
  EXPECT_THAT(trail, HasSubstr("paula  vivier.site.v1.SiteService.ExportPerson"));
  EXPECT_THAT(trail, HasSubstr("data_protection_officer  vivier.site.v1.SiteService.ExportPerson"));
  EXPECT_THAT(Run({"audit", "schools/nancy"}),
              HasSubstr("ines  vivier.enrolment.v1.PresenceService.ListAttendanceSeals"));
}

TEST_P(OfficerOnSqliteTest, CallKnowsTheRpcsOfTheProcess) {
  StopForCommands();
  EXPECT_THAT(Run({"call", "--list"}), HasSubstr("vivier.site.v1.SiteService/ExportKeptProof\n"));
  EXPECT_THAT(
      Run({"call", "SearchPersonReads", absl::StrCat(R"({"name": ")", kOne, R"(", "days": 3000})"),
           "--role", "auditor"}),
      HasSubstr(R"("principal": "tom")"));
  EXPECT_THAT(
      Run({"call", "GetSchoolKeys", R"({"name": "schools/nancy"})", "--service", "enrolment"}),
      HasSubstr(R"("publicKey")"));
  const std::string proof = absl::StrCat(R"({"name": ")", kOne, R"(", "reason": "case 12-345"})");
  EXPECT_THAT(Run({"call", "ExportKeptProof", proof}, 1), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(Run({"call", "ExportKeptProof", proof, "--service", "nix"}, 1),
              HasSubstr("UNAVAILABLE"));
}

}  // namespace
}  // namespace vivier::testing
