// What a one-time link opens, to whom, how often and until when. On both engines.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "tests/identity/asking.h"
#include "tests/invariants/school.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {
namespace {

using namespace enrolment::v1;  // NOLINT: the requests of one service, and little else

constexpr char kWednesday[] = "$N/cohorts/ai-1/attendanceSheets/2026-09-09-am";

class LinksTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // ada and ben are in training in ai-1; ai-2 takes applications, and dan may apply.
  LinksTest() : world_(GetParam()) {
    School(world_).Build();
    const Cohort first = Must<Cohort, GetCohortRequest>(world_, "name: '$N/cohorts/ai-1'");
    Must<Cohort, CreateCohortRequest>(
        world_,
        absl::StrCat(
            "parent: '$N' cohort_id: 'ai-2' cohort { title: 'IA' capacity: 3 programme_revision: '",
            first.programme_revision(),
            "' start_date { year: 2027 month: 9 day: 6 } end_date { year: 2028 month: 3 day: 31 } "
            "}"));
    Must<Cohort, OpenCohortRequest>(world_, "name: '$N/cohorts/ai-2'");
    Must<Candidate, CreateCandidateRequest>(
        world_,
        "parent: '$N' candidate_id: 'dan' candidate { given_name: 'Dan' family_name: 'Petit' "
        "email: 'dan@example.org' }");
    Must<AttendanceSheet, OpenAttendanceSheetRequest>(
        world_,
        "parent: '$N/cohorts/ai-1' attendance_sheet { date { year: 2026 month: 9 day: 9 } half: AM "
        "start_minute: 540 end_minute: 750 }");
  }

  CreateAccessLinkResponse Link(const std::string& purpose, const std::string& resource,
                                const std::string& candidate = "") {
    return Must<CreateAccessLinkResponse, CreateAccessLinkRequest>(
        world_, LinkText(purpose, resource, candidate));
  }

  std::string LinkText(const std::string& purpose, const std::string& resource,
                       const std::string& candidate = "") {
    return absl::Substitute(
        "parent: '$$N' access_link_id: 'l-$0' access_link { purpose: $1 resource: '$2' candidate: "
        "'$3' }",
        ++links_, purpose, resource, candidate);
  }

  absl::StatusOr<RedeemAccessLinkResponse> Redeem(const std::string& secret,
                                                  const std::string& request_id = "") {
    return Ask<RedeemAccessLinkResponse, RedeemAccessLinkRequest>(
        world_, Bearer(secret), absl::Substitute("parent: '$$N' request_id: '$0'", request_id));
  }

  // The header of a session of a new link.
  std::string Session(const std::string& purpose, const std::string& resource,
                      const std::string& candidate = "") {
    const auto session = Redeem(Link(purpose, resource, candidate).secret());
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? Bearer(session->token()) : "";
  }

  template <class Request>
  std::string Try(const std::string& authorization, const std::string& text) {
    return testing::Try<Request>(world_, authorization, text);
  }

  int CountLinks() {
    return Must<ListAccessLinksResponse, ListAccessLinksRequest>(world_, "parent: '$N'")
        .access_links_size();
  }

  World world_;
  int links_ = 0;
};

TEST_P(LinksTest, OwnDataAreSeenAndCorrectedAndNobodyElses) {
  const std::string dan = Session("OWN_DATA", "$N/candidates/dan");
  EXPECT_EQ(Try<GetCandidateRequest>(dan, "name: '$N/candidates/dan'"), "OK");
  const auto corrected = Ask<Candidate, UpdateCandidateRequest>(
      world_, dan,
      "candidate { name: '$N/candidates/dan' given_name: 'Daniel' family_name: 'Petit' "
      "email: 'daniel@example.org' } update_mask { paths: ['given_name', 'email'] }");
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->given_name(), "Daniel");
  for (const char* name :
       {"$N/candidates/ada", "$N/candidates/nobody", "$N/candidates/dan2", "$N/candidates"}) {
    EXPECT_EQ(Try<GetCandidateRequest>(dan, absl::StrCat("name: '", name, "'")), kDenied) << name;
    EXPECT_EQ(Try<UpdateCandidateRequest>(
                  dan, absl::StrCat("candidate { name: '", name, "' given_name: 'x' }")),
              kDenied)
        << name;
  }
  EXPECT_EQ(Try<GetCandidateRequest>(dan, "name: 'schools/metz/candidates/dan'"), kBadToken);
  EXPECT_EQ(Try<EraseCandidateRequest>(dan, "name: '$N/candidates/dan' cause: REQUESTED"), kDenied);
  EXPECT_EQ(Try<GetCohortRequest>(dan, "name: '$N/cohorts/ai-2'"), kDenied);
  EXPECT_EQ(Try<CreateAccessLinkRequest>(dan, LinkText("OWN_DATA", "$N/candidates/dan")), kDenied);
}

TEST_P(LinksTest, ACorrectedPersonIsKnownAgainByWhatIsTrueNow) {
  const std::string dan = Session("OWN_DATA", "$N/candidates/dan");
  ASSERT_EQ(Try<UpdateCandidateRequest>(
                dan,
                "candidate { name: '$N/candidates/dan' email: 'daniel@example.org' "
                "given_name: 'Dan' family_name: 'Petit' } update_mask { paths: 'email' }"),
            "OK");
  const std::string director = world_.Authorization(World::Person());
  const std::string again =
      "parent: '$$N' candidate_id: '$0' candidate { given_name: 'D' family_name: 'P' email: '$1' }";
  EXPECT_EQ(
      Try<CreateCandidateRequest>(director, absl::Substitute(again, "d1", "daniel@example.org")),
      "FAILED_PRECONDITION DUPLICATE_PERSON");
  EXPECT_EQ(Try<CreateCandidateRequest>(director, absl::Substitute(again, "d2", "dan@example.org")),
            "OK");
  // What is another's stays theirs, and nobody is told.
  ASSERT_EQ(Try<UpdateCandidateRequest>(
                dan,
                "candidate { name: '$N/candidates/dan' email: 'ada@example.org' "
                "given_name: 'Dan' family_name: 'Petit' } update_mask { paths: 'email' }"),
            "OK");
  EXPECT_EQ(Try<UpdateCandidateRequest>(
                director, "candidate { name: '$N/candidates/d2' email: 'ada@example.org' }"),
            "FAILED_PRECONDITION DUPLICATE_PERSON");
  EXPECT_EQ(Try<UpdateCandidateRequest>(
                dan,
                "candidate { name: '$N/candidates/dan' birth_date { year: 2001 month: 2 "
                "day: 30 } given_name: 'Dan' family_name: 'Petit' } "
                "update_mask { paths: 'birth_date' }"),
            "INVALID_ARGUMENT INVALID_FIELD");
  world_.ExpectInvariants();
}

TEST_P(LinksTest, WhoAppliesDoesSoForHimselfAndToThatCohort) {
  const std::string dan = Session("APPLY", "$N/cohorts/ai-2", "$N/candidates/dan");
  EXPECT_EQ(Try<GetCohortRequest>(dan, "name: '$N/cohorts/ai-2'"), "OK");
  EXPECT_EQ(Try<GetCandidateRequest>(dan, "name: '$N/candidates/dan'"), "OK");
  const std::string apply =
      "parent: '$$N/cohorts/$0' application_id: 'x' application { candidate: '$$N/candidates/$1' }";
  EXPECT_EQ(Try<SubmitApplicationRequest>(dan, absl::Substitute(apply, "ai-1", "dan")), kDenied);
  EXPECT_EQ(Try<SubmitApplicationRequest>(dan, absl::Substitute(apply, "ai-2", "ada")), kDenied);
  EXPECT_EQ(Try<SubmitApplicationRequest>(dan, absl::Substitute(apply, "ai-2", "nobody")), kDenied);
  EXPECT_EQ(Try<SubmitApplicationRequest>(dan, absl::Substitute(apply, "ai-2", "dan")), "OK");
  EXPECT_EQ(Try<ListApplicationsRequest>(dan, "parent: '$N/cohorts/ai-2'"), kDenied);
  EXPECT_EQ(Try<UpdateCohortRequest>(dan, "cohort { name: '$N/cohorts/ai-2' }"), kDenied);
}

TEST_P(LinksTest, AnOfferIsAnsweredByWhomItIsMadeTo) {
  for (const char* id : {"ada", "dan"})
    Must<Application, SubmitApplicationRequest>(
        world_,
        absl::Substitute("parent: '$$N/cohorts/ai-2' application_id: '$0' application { candidate: "
                         "'$$N/candidates/$0' }",
                         id));
  const std::string dan = Session("ANSWER_OFFER", "$N/cohorts/ai-2/applications/dan");
  const std::string own = "name: '$N/cohorts/ai-2/applications/dan'";
  const std::string others = "name: '$N/cohorts/ai-2/applications/ada'";
  EXPECT_EQ(Try<GetApplicationRequest>(dan, own), "OK");
  EXPECT_EQ(Try<AcceptSeatRequest>(dan, own), "FAILED_PRECONDITION NOT_ADMITTED");
  EXPECT_EQ(Try<DeclineSeatRequest>(dan, own), "FAILED_PRECONDITION NOT_ADMITTED");
  EXPECT_EQ(Try<AdmitApplicationRequest>(dan, own), kDenied);
  for (const std::string& name :
       {others, std::string("name: '$N/cohorts/ai-2/applications/nobody'")}) {
    EXPECT_EQ(Try<GetApplicationRequest>(dan, name), kDenied);
    EXPECT_EQ(Try<AcceptSeatRequest>(dan, name), kDenied);
    EXPECT_EQ(Try<WithdrawApplicationRequest>(dan, name), kDenied);
  }
  EXPECT_EQ(Try<WithdrawApplicationRequest>(dan, own), "OK");
}

TEST_P(LinksTest, PresenceIsSignedByTheOneWhoIsPresent) {
  const std::string ada =
      Session("SIGN_PRESENCE", absl::StrCat(kWednesday, "/presenceEntries/ada"));
  const std::string sign = "name: '$0/presenceEntries/$1' minutes_present: 210";
  EXPECT_EQ(Try<SignPresenceRequest>(ada, absl::Substitute(sign, kWednesday, "ben")), kDenied);
  EXPECT_EQ(
      Try<SignPresenceRequest>(
          ada, absl::Substitute(sign, "$N/cohorts/ai-1/attendanceSheets/2026-09-07-am", "ada")),
      kDenied);
  EXPECT_EQ(Try<RecordAbsenceRequest>(
                ada, absl::StrCat("name: '", kWednesday, "/presenceEntries/ada' absence: EXCUSED")),
            kDenied);
  EXPECT_EQ(Try<SignPresenceRequest>(ada, absl::Substitute(sign, kWednesday, "ada")), "OK");
  world_.ExpectInvariants();
}

TEST_P(LinksTest, IsFollowedOnceAndWhoComesLaterLearnsNothing) {
  const std::string secret = Link("OWN_DATA", "$N/candidates/dan").secret();
  const std::string first = RandomUuid();
  EXPECT_EQ(Try<RedeemAccessLinkRequest>(Bearer(secret), ""), "INVALID_ARGUMENT INVALID_FIELD")
      << "no secret is judged where its school is not named";
  const auto session = Redeem(secret, first);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(session->resource(), "schools/nancy/candidates/dan");
  EXPECT_EQ(session->purpose(), AccessLink::OWN_DATA);
  const auto retried = Redeem(secret, first);  // whose answer was lost
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->token(), session->token());
  const absl::Status second = Redeem(secret).status();
  const absl::Status unknown =
      Redeem("vivier_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").status();
  EXPECT_EQ(ReasonOf(second), "TOKEN_INVALID");
  EXPECT_EQ(second.ToString(), unknown.ToString());
  // A secret is no session, a session no secret.
  EXPECT_EQ(Try<GetCandidateRequest>(Bearer(secret), "name: '$N/candidates/dan'"), kDenied);
  EXPECT_EQ(Try<RedeemAccessLinkRequest>(Bearer(session->token()), "parent: '$N'"), kDenied);
}

TEST_P(LinksTest, OfManyWhoFollowItTogetherOneIsLetIn) {
  const std::string secret = Link("OWN_DATA", "$N/candidates/dan").secret();
  std::atomic<int> let_in = 0, refused = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      const absl::Status status = Redeem(secret).status();
      (status.ok() ? let_in : refused) +=
          status.ok() || ReasonOf(status) == "TOKEN_INVALID" ? 1 : 0;
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(let_in, 1);
  EXPECT_EQ(refused, 7);
}

TEST_P(LinksTest, EndsWithItsTime) {
  const struct {
    const char* purpose;
    std::string resource;
    absl::Duration link, session;
  } rows[] = {
      {"OWN_DATA", "$N/candidates/dan", absl::Hours(3 * 24), absl::Minutes(30)},
      {"APPLY", "$N/cohorts/ai-2", absl::Hours(14 * 24), absl::Hours(2)},
      {"ANSWER_OFFER", "$N/cohorts/ai-1/applications/ada", absl::Hours(7 * 24), absl::Minutes(30)},
      {"SIGN_PRESENCE", absl::StrCat(kWednesday, "/presenceEntries/ada"), absl::Hours(12),
       absl::Minutes(10)},
  };
  for (const auto& row : rows) {
    const std::string dan = row.purpose == std::string("APPLY") ? "$N/candidates/dan" : "";
    const CreateAccessLinkResponse late = Link(row.purpose, row.resource, dan);
    const CreateAccessLinkResponse in_time = Link(row.purpose, row.resource, dan);
    const auto session = Redeem(in_time.secret());
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_EQ(Try<ListCohortsRequest>(Bearer(session->token()), "parent: '$N'"),
              kDenied);  // known, and not for this
    world_.Advance(row.session);
    EXPECT_EQ(Try<ListCohortsRequest>(Bearer(session->token()), "parent: '$N'"), kBadToken)
        << row.purpose;
    world_.Advance(row.link - row.session);
    EXPECT_EQ(ReasonOf(Redeem(late.secret()).status()), "TOKEN_INVALID") << row.purpose;
    const auto left = Must<ListAccessLinksResponse, ListAccessLinksRequest>(world_, "parent: '$N'")
                          .access_links_size();
    EXPECT_EQ(left, 0) << row.purpose;
  }
}

TEST_P(LinksTest, IsRevokedWithItsSession) {
  const CreateAccessLinkResponse link = Link("OWN_DATA", "$N/candidates/dan");
  const auto session = Redeem(link.secret());
  ASSERT_TRUE(session.ok());
  Must<google::protobuf::Empty, DeleteAccessLinkRequest>(
      world_, absl::StrCat("name: '", link.access_link().name(), "'"));
  EXPECT_EQ(Try<GetCandidateRequest>(Bearer(session->token()), "name: '$N/candidates/dan'"),
            kBadToken);
  const CreateAccessLinkResponse unused = Link("OWN_DATA", "$N/candidates/dan");
  Must<google::protobuf::Empty, DeleteAccessLinkRequest>(
      world_, absl::StrCat("name: '", unused.access_link().name(), "'"));
  EXPECT_EQ(ReasonOf(Redeem(unused.secret()).status()), "TOKEN_INVALID");
}

TEST_P(LinksTest, GoesWithThePerson) {
  const CreateAccessLinkResponse link = Link("OWN_DATA", "$N/candidates/dan");
  const auto session = Redeem(Link("OWN_DATA", "$N/candidates/dan").secret());
  ASSERT_TRUE(session.ok());
  Must<Erasure, EraseCandidateRequest>(world_, "name: '$N/candidates/dan' cause: REQUESTED");
  EXPECT_EQ(Try<GetCandidateRequest>(Bearer(session->token()), "name: '$N/candidates/dan'"),
            kBadToken);
  EXPECT_EQ(ReasonOf(Redeem(link.secret()).status()), "TOKEN_INVALID");
  EXPECT_EQ(CountLinks(), 0);
  EXPECT_EQ(Try<CreateAccessLinkRequest>(world_.Authorization(World::Person()),
                                         LinkText("OWN_DATA", "$N/candidates/dan")),
            "FAILED_PRECONDITION PERSON_ERASED");
}

TEST_P(LinksTest, NobodyGivesWhatHeMayNotDo) {
  const std::string officer = world_.Authorization(World::Person("admissions_officer"));
  const std::string trainer = world_.Authorization(World::Person("trainer"));
  const std::string presence = absl::StrCat(kWednesday, "/presenceEntries/ada");
  EXPECT_EQ(Try<CreateAccessLinkRequest>(officer, LinkText("SIGN_PRESENCE", presence)), kDenied);
  EXPECT_EQ(Try<CreateAccessLinkRequest>(trainer, LinkText("SIGN_PRESENCE", presence)), "OK");
  EXPECT_EQ(Try<CreateAccessLinkRequest>(officer, LinkText("OWN_DATA", "$N/candidates/dan")), "OK");
  EXPECT_EQ(Try<CreateAccessLinkRequest>(trainer, LinkText("OWN_DATA", "$N/candidates/dan")),
            kDenied);
}

TEST_P(LinksTest, IsRefusedWhereItWouldBeForNothing) {
  const std::string director = world_.Authorization(World::Person());
  const struct {
    std::string purpose, resource, candidate, answer;
  } rows[] = {
      {"OWN_DATA", "$N/cohorts/ai-1", "", "INVALID_ARGUMENT INVALID_FIELD"},
      {"OWN_DATA", "$N", "", "INVALID_ARGUMENT INVALID_FIELD"},
      {"OWN_DATA", "schools/metz/candidates/dan", "", "INVALID_ARGUMENT INVALID_FIELD"},
      {"OWN_DATA", "$N/candidates/nobody", "", "NOT_FOUND NOT_FOUND"},
      {"OWN_DATA", "$N/candidates/dan", "$N/candidates/ada", "INVALID_ARGUMENT INVALID_FIELD"},
      {"APPLY", "$N/cohorts/ai-2", "", "INVALID_ARGUMENT INVALID_FIELD"},
      {"APPLY", "$N/cohorts/none", "$N/candidates/dan", "NOT_FOUND NOT_FOUND"},
      {"ANSWER_OFFER", "$N/cohorts/ai-1/learners/ada", "", "INVALID_ARGUMENT INVALID_FIELD"},
      {"ANSWER_OFFER", "$N/cohorts/ai-1/applications/nobody", "", "NOT_FOUND NOT_FOUND"},
      {"SIGN_PRESENCE", absl::StrCat(kWednesday, "/presenceEntries/nobody"), "",
       "NOT_FOUND NOT_FOUND"},
      {"PURPOSE_UNSPECIFIED", "$N/candidates/dan", "", "INVALID_ARGUMENT INVALID_FIELD"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(
        Try<CreateAccessLinkRequest>(director, LinkText(row.purpose, row.resource, row.candidate)),
        row.answer)
        << row.purpose << " " << row.resource;
}

INSTANTIATE_TEST_SUITE_P(Engines, LinksTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
