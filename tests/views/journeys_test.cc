// Views in the course of work: what an assessor sees and is refused, the same request by two roles,
// a role that is taken away, a role of the school's own, and who counts as shown. On both engines.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "shared/base/uuid.h"
#include "shared/storage/engines/database.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/invariants/school.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::testing {
namespace {

using namespace enrolment::v1;  // NOLINT: the requests of one service, and little else
using access::v1::CreateMembershipRequest;
using access::v1::Membership;
using access::v1::UpdateMembershipRequest;

constexpr char kDan[] = "name: '$N/cohorts/ai-1/applications/dan'";
constexpr char kInvalid[] = "INVALID_ARGUMENT INVALID_FIELD";

class ViewsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ViewsTest() : world_(GetParam(), &TrustForeignIssuer) {}

  // dan applied and was assessed.
  void Apply() {
    School(world_).OpenCohort();
    Must<Candidate, CreateCandidateRequest>(
        world_,
        "parent: '$N' candidate_id: 'dan' candidate { given_name: 'Dan' family_name: 'Petit' "
        "email: 'dan@example.org' birth_date { year: 1990 month: 5 day: 17 } }");
    Must<Application, SubmitApplicationRequest>(
        world_,
        "parent: '$N/cohorts/ai-1' application_id: 'dan' application { candidate: "
        "'$N/candidates/dan' answers { question: 'why' text: 'because' } }");
    Must<Application, AssessEligibilityRequest>(world_, kDan);
  }

  std::string As(const std::string& subject, const std::string& role) {
    return world_.Authorization(
        {subject, security::Caller::Kind::kPerson, {role}, {World::kSchool}, ""});
  }

  Application Get(const std::string& authorization) {
    const auto application = Ask<Application, GetApplicationRequest>(world_, authorization, kDan);
    EXPECT_TRUE(application.ok()) << application.status();
    return application.ok() ? *application : Application();
  }

  absl::StatusOr<Application> Score(const std::string& authorization, const std::string& id) {
    return Ask<Application, ScoreApplicationRequest>(
        world_, authorization,
        absl::Substitute("$0 request_id: '$1' assessor: 'a' assessor_kind: TRAINER criterion: "
                         "'motivation' points: 70 comment: 'was late'",
                         kDan, id));
  }

  // Whether the one score has its remarks.
  static bool Remarks(const absl::StatusOr<Application>& application) {
    EXPECT_TRUE(application.ok()) << application.status();
    if (!application.ok() || application->scores_size() != 1) return false;
    EXPECT_EQ(application->scores(0).points(), 70);
    return !application->scores(0).comment().empty();
  }

  int64_t Shown(const std::string& principal, const std::string& condition) {
    const auto database = storage::Database::Open(world_.DatabaseUrl("enrolment"));
    const auto connection = (*database)->Connect(storage::Access::kRead);
    EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
    const auto result =
        (*connection)
            ->Query(absl::StrCat("SELECT COUNT(*) FROM person_reads WHERE principal = '", principal,
                                 "' AND ", condition));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  World world_;
};

TEST_P(ViewsTest, AnAssessorSeesTheFormAndThePoints) {
  Apply();
  const std::string assessor = As("ann", "assessor");
  EXPECT_FALSE(Remarks(Score(assessor, RandomUuid())));
  const Application seen = Get(assessor);
  EXPECT_EQ(seen.candidate(), "schools/nancy/candidates/dan");
  EXPECT_EQ(seen.answers(0).text(), "because");
  EXPECT_EQ(seen.scores(0).points(), 70);
  EXPECT_TRUE(seen.scores(0).comment().empty());
  EXPECT_FALSE(seen.has_assess_time());
  const Application whole = Get(As("olga", "admissions_officer"));
  EXPECT_EQ(whole.scores(0).comment(), "was late");
  EXPECT_TRUE(whole.has_assess_time());
  world_.ExpectInvariants();
}

// An order or a filter would tell what is not shown.
TEST_P(ViewsTest, AListIsNotAskedByWhatItDoesNotShow) {
  Apply();
  const std::string assessor = As("ann", "assessor"), officer = As("olga", "admissions_officer");
  const std::string list = "parent: '$N/cohorts/ai-1' ";
  for (const char* more :
       {"order_by: 'rank'", "filter: 'rank = 1'", "filter: '(state = SUBMITTED AND rank = 1)'"}) {
    EXPECT_EQ(Try<ListApplicationsRequest>(world_, assessor, list + more), kInvalid) << more;
    EXPECT_EQ(Try<ListApplicationsRequest>(world_, officer, list + more), "OK") << more;
  }
  EXPECT_EQ(Try<ListApplicationsRequest>(world_, assessor, list + "filter: 'state = SUBMITTED'"),
            "OK");
}

TEST_P(ViewsTest, ARetryShowsNoMoreThanItsFirstAnswerAndNoMoreThanTheRole) {
  Apply();
  const std::string officer = As("zoe", "admissions_officer"), assessor = As("zoe", "assessor");
  const std::string first = RandomUuid(), second = RandomUuid(), third = RandomUuid();
  EXPECT_TRUE(Remarks(Score(officer, first)));
  EXPECT_FALSE(Remarks(Score(assessor, first)));
  EXPECT_TRUE(Remarks(Score(officer, first)));
  EXPECT_FALSE(Remarks(Score(assessor, second)));
  EXPECT_FALSE(Remarks(Score(officer, second)));
  EXPECT_EQ(ReasonOf(Score(As("ann", "assessor"), first).status()), "REQUEST_ID_REUSED");
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] { EXPECT_FALSE(Remarks(Score(assessor, third))); });
  callers.emplace_back([&] { Remarks(Score(officer, third)); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Get(officer).scores_size(), 1);
}

TEST_P(ViewsTest, WhoLosesARoleSeesLessAtOnce) {
  Apply();
  Must<Membership, CreateMembershipRequest>(
      world_, absl::Substitute("parent: '$$N' membership_id: 'zoe' membership { subject: '$0' "
                               "roles { role: 'admissions_officer' } roles { role: 'assessor' } }",
                               ForeignSubject("zoe")));
  world_.Settle();
  const std::string zoe = ForeignToken("zoe", world_.now()), id = RandomUuid();
  EXPECT_TRUE(Remarks(Score(zoe, id)));
  EXPECT_TRUE(Get(zoe).has_assess_time());
  Must<Membership, UpdateMembershipRequest>(
      world_, absl::Substitute("membership { name: '$$N/memberships/zoe' subject: '$0' roles { "
                               "role: 'assessor' } }",
                               ForeignSubject("zoe")));
  world_.Settle();
  EXPECT_FALSE(Get(zoe).has_assess_time());
  EXPECT_FALSE(Remarks(Score(zoe, id)));
}

// What all of the staff see who may do the same.
TEST_P(ViewsTest, ARoleOfTheSchoolsOwnSeesWhatAllSee) {
  Apply();
  Must<access::v1::Role, access::v1::CreateRoleRequest>(
      world_,
      "parent: '$N' role_id: 'desk' role { title: 'Desk' permissions: ['applications.get', "
      "'applications.list'] }");
  Must<Membership, CreateMembershipRequest>(
      world_, absl::Substitute("parent: '$$N' membership_id: 'zoe' membership { subject: '$0' "
                               "roles { role: '$$N/roles/desk' } }",
                               ForeignSubject("zoe")));
  world_.Settle();
  const std::string zoe = ForeignToken("zoe", world_.now());
  const Application seen = Get(zoe);
  EXPECT_EQ(seen.answers_size(), 1);
  EXPECT_FALSE(seen.has_assess_time());
  EXPECT_EQ(Try<ListApplicationsRequest>(world_, zoe, "parent: '$N/cohorts/ai-1' order_by: 'rank'"),
            kInvalid);
}

// Learners count by their own names where their persons' are not shown, and a seal's text names
// whoever was there.
TEST_P(ViewsTest, WhomAnAnswerStillShowsIsCounted) {
  School(world_).Build();
  const std::string trainer = As("theo", "trainer"), auditor = As("aude", "auditor");
  const auto learner =
      Ask<Learner, GetLearnerRequest>(world_, trainer, "name: '$N/cohorts/ai-1/learners/ada'");
  ASSERT_TRUE(learner.ok()) << learner.status();
  EXPECT_EQ(learner->state(), Learner::IN_TRAINING);
  EXPECT_EQ(learner->candidate(), "");
  EXPECT_EQ(Shown("theo", "person = 'schools/nancy/cohorts/ai-1/learners/ada' AND opened = 1"), 1);
  const auto seals = [&](const std::string& authorization) {
    const auto page = Ask<ListAttendanceSealsResponse, ListAttendanceSealsRequest>(
        world_, authorization, "parent: '$N/cohorts/ai-1'");
    EXPECT_TRUE(page.ok() && page->attendance_seals_size() == 3) << page.status();
    return page.ok() && !page->attendance_seals(0).content().empty();
  };
  EXPECT_FALSE(seals(trainer));
  EXPECT_EQ(Shown("theo", "opened = 0"), 0);
  EXPECT_TRUE(seals(auditor));
  EXPECT_EQ(Shown("aude", "person LIKE '%/learners/%' AND opened = 0"), 2);
}

TEST_P(ViewsTest, AnImportTellsOthersWhomItNames) {
  School(world_).OpenCohort();
  const std::string olga = As("olga", "admissions_officer");
  const auto begun = Ask<operations::v1::Operation, ImportApplicationsRequest>(
      world_, olga,
      "parent: '$N/cohorts/ai-1' content: 'Nom;Prénom;Email;Date de naissance\\n"
      "Durand;Ada;ada@example.org;04/02/1999\\nPetit;Ben;ben@example.org;05/02/1999\\n'");
  ASSERT_TRUE(begun.ok()) << begun.status();
  const auto get = [&](const std::string& subject) {
    const auto report = world_.Await<ImportReport>(
        begun,
        {subject, security::Caller::Kind::kPerson, {"admissions_officer"}, {World::kSchool}, ""});
    EXPECT_TRUE(report.ok() && report->accepted() == 2) << report.status();
  };
  get("olga");
  EXPECT_EQ(Shown("olga", "1 = 1"), 0);
  get("oscar");
  EXPECT_EQ(Shown("oscar", "person LIKE '%/applications/%' AND opened = 0"), 2);
}

INSTANTIATE_TEST_SUITE_P(Engines, ViewsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
