// Roles that a school makes for itself: they hold at every service, follow every change, and widen
// nothing. On both engines.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using namespace access::v1;     // NOLINT: the requests of two services, and little else
using namespace enrolment::v1;  // NOLINT
using curriculum::v1::ListProgrammesRequest;

class OwnRolesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  OwnRolesTest() : world_(GetParam(), &TrustForeignIssuer) {
    Must<Role, CreateRoleRequest>(
        world_,
        "parent: '$N' role_id: 'reader' role { title: 'Reader' permissions: "
        "['cohorts.list', 'programmes.list'] }");
  }

  // zoe, with the role, known to every service.
  Membership Give(const std::string& more = "") {
    const auto zoe = Must<Membership, CreateMembershipRequest>(
        world_, absl::Substitute(
                    "parent: '$$N' membership_id: 'zoe' membership { subject: '$0' roles { role: "
                    "'schools/nancy/roles/reader' $1 } }",
                    ForeignSubject("zoe"), more));
    world_.Settle();
    return zoe;
  }

  template <class Request>
  std::string Zoe(const std::string& text = "parent: '$N'") {
    return Try<Request>(world_, ForeignToken("zoe", world_.now()), text);
  }

  template <class Request>
  std::string Director(const std::string& text) {
    return Try<Request>(world_, world_.Authorization(World::Person()), text);
  }

  World world_;
};

TEST_P(OwnRolesTest, HoldsEverywhereAndGivesWhatItSays) {
  EXPECT_EQ(Zoe<ListCohortsRequest>(), kDenied);
  Give();
  EXPECT_EQ(Zoe<ListCohortsRequest>(), "OK");
  EXPECT_EQ(Zoe<ListProgrammesRequest>(), "OK");
  EXPECT_EQ(Zoe<curriculum::v1::ListCertificatesRequest>(), kDenied);
  EXPECT_EQ(Zoe<ListMembershipsRequest>(), kDenied);
  world_.Restart();
  EXPECT_EQ(Zoe<ListProgrammesRequest>(), "OK");
  world_.ExpectInvariants();
}

TEST_P(OwnRolesTest, AChangeReachesEverybodyWhoHoldsIt) {
  Give();
  Must<Role, UpdateRoleRequest>(
      world_,
      "role { name: '$N/roles/reader' title: 'Reader' permissions: 'schools.get' "
      "permissions: 'cohorts.list' } update_mask { paths: 'permissions' }");
  world_.Settle();
  EXPECT_EQ(Zoe<ListProgrammesRequest>(), kDenied);
  EXPECT_EQ(Zoe<ListCohortsRequest>(), "OK");
  EXPECT_EQ(Zoe<GetSchoolRequest>("name: '$N'"), "NOT_FOUND NOT_FOUND");
}

TEST_P(OwnRolesTest, ItsTimeAndScopeHold) {
  Give(absl::Substitute("scope: '$$N/cohorts/ai-1' end_time { seconds: $0 }",
                        absl::ToUnixSeconds(world_.now() + absl::Hours(1))));
  EXPECT_EQ(Zoe<ListProgrammesRequest>(), kDenied);
  Must<Role, UpdateRoleRequest>(
      world_,
      "role { name: '$N/roles/reader' title: 'Reader' permissions: 'learners.list' } "
      "update_mask { paths: 'permissions' }");
  world_.Settle();
  EXPECT_EQ(Zoe<ListLearnersRequest>("parent: '$N/cohorts/ai-1'"), "OK");
  EXPECT_EQ(Zoe<ListLearnersRequest>("parent: '$N/cohorts/ai-2'"), kDenied);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Zoe<ListLearnersRequest>("parent: '$N/cohorts/ai-1'"), kDenied);
}

TEST_P(OwnRolesTest, WhatTheCallerSaysOfItsPermissionsCountsForNothing) {
  Give("permissions: 'schools.update'");
  const std::string school = "school { name: '$N' title: 'Zoe' } allow_missing: true";
  EXPECT_EQ(Zoe<UpdateSchoolRequest>(school), kDenied);
  Must<Membership, CreateMembershipRequest>(
      world_,
      absl::Substitute(
          "parent: '$$N' membership_id: 'adam' membership { subject: '$0' roles { role: 'trainer' "
          "permissions: 'schools.update' } }",
          ForeignSubject("adam")));
  world_.Settle();
  EXPECT_EQ(Try<UpdateSchoolRequest>(world_, ForeignToken("adam", world_.now()), school), kDenied);
}

TEST_P(OwnRolesTest, AnInvitationGivesWhatTheRoleGivesWhenItIsAccepted) {
  const auto invited = Must<CreateInvitationResponse, CreateInvitationRequest>(
      world_,
      "parent: '$N' invitation_id: 'zoe' invitation { email: 'zoe@example.org' roles { role: "
      "'schools/nancy/roles/reader' } }");
  Must<Role, UpdateRoleRequest>(world_,
                                "role { name: '$N/roles/reader' permissions: 'learners.list' } "
                                "update_mask { paths: 'permissions' }");
  EXPECT_EQ(Zoe<AcceptInvitationRequest>(
                absl::Substitute("parent: '$$N' secret: '$0'", invited.secret())),
            "OK");
  world_.Settle();
  EXPECT_EQ(Zoe<ListLearnersRequest>("parent: '$N/cohorts/ai-1'"), "OK");
  EXPECT_EQ(Zoe<ListCohortsRequest>(), kDenied);
}

TEST_P(OwnRolesTest, IsExplained) {
  Give();
  const auto why = Must<site::v1::ExplainAccessResponse, site::v1::ExplainAccessRequest>(
      world_,
      absl::Substitute(
          "name: '$$N' subject: '$0' method: 'vivier.enrolment.v1.CohortService.ListCohorts'",
          ForeignSubject("zoe")));
  EXPECT_TRUE(why.allowed());
  ASSERT_EQ(why.roles_size(), 1);
  EXPECT_EQ(why.roles(0), "schools/nancy/roles/reader: gives cohorts.list");
}

// Whoever may not see erasures hears of a name that was erased what they hear of any other.
TEST_P(OwnRolesTest, TellsNobodyWhoWasErased) {
  Must<Candidate, CreateCandidateRequest>(
      world_,
      "parent: '$N' candidate_id: 'dan' candidate { given_name: 'Dan' family_name: 'Petit' }");
  Must<Erasure, EraseCandidateRequest>(world_, "name: '$N/candidates/dan' cause: REQUESTED");
  Must<Role, UpdateRoleRequest>(world_,
                                "role { name: '$N/roles/reader' permissions: 'candidates.update' "
                                "permissions: 'candidates.create' permissions: 'files.create' } "
                                "update_mask { paths: 'permissions' }");
  Give();
  const auto told = [this](const std::string& person, const std::string& rest) {
    const absl::Status status =
        Ask<Candidate, UpdateCandidateRequest>(
            world_, ForeignToken("zoe", world_.now()),
            absl::Substitute("candidate { name: '$$N/candidates/$0' $1", person, rest))
            .status();
    EXPECT_FALSE(status.ok());
    std::string text = status.ToString();
    for (const auto& [key, value] : MetadataOf(status)) absl::StrAppend(&text, key, value);
    return absl::StrReplaceAll(text, {{person, "PERSON"}});
  };
  for (const char* rest :
       {"phone: '+33612345678' } update_mask { paths: 'phone' }",
        "given_name: 'A' family_name: 'B' etag: '7' } update_mask { paths: '*' }"})
    EXPECT_EQ(told("dan", rest), told("nix", rest));
  EXPECT_EQ(Zoe<CreateCandidateRequest>("parent: '$N' candidate_id: 'dan' candidate { "
                                        "given_name: 'Ed' family_name: 'Petit' }"),
            "ALREADY_EXISTS ALREADY_EXISTS");
}

TEST_P(OwnRolesTest, StaysWhileSomebodyHoldsIt) {
  const Membership zoe = Give();
  const std::string remove = "name: '$N/roles/reader'";
  EXPECT_EQ(Director<DeleteRoleRequest>(remove), "FAILED_PRECONDITION ROLE_IN_USE");
  Must<Membership, UpdateMembershipRequest>(
      world_,
      absl::Substitute("membership { name: '$0' subject: '$1' } update_mask { paths: 'roles' }",
                       zoe.name(), zoe.subject()));
  Must<CreateInvitationResponse, CreateInvitationRequest>(
      world_,
      "parent: '$N' invitation_id: 'adam' invitation { email: 'adam@example.org' roles { role: "
      "'schools/nancy/roles/reader' } }");
  EXPECT_EQ(Director<DeleteRoleRequest>(remove), "FAILED_PRECONDITION ROLE_IN_USE");
  Must<google::protobuf::Empty, DeleteInvitationRequest>(world_, "name: '$N/invitations/adam'");
  EXPECT_EQ(Director<DeleteRoleRequest>(remove), "OK");
  world_.Settle();
  EXPECT_EQ(Zoe<ListCohortsRequest>(), kDenied);
}

TEST_P(OwnRolesTest, WhatIsNoneIsRefused) {
  const std::string member =
      "parent: '$$N' membership_id: 'zoe' membership { subject: 'https://id.example#zoe' roles { "
      "role: '$0' } }";
  for (const char* role : {"schools/nancy/roles/writer", "schools/metz/roles/reader", "reader",
                           "permission:cohorts.get"})
    EXPECT_EQ(Director<CreateMembershipRequest>(absl::Substitute(member, role)),
              "INVALID_ARGUMENT INVALID_FIELD")
        << role;
  for (const char* permission :
       {"memberships.update", "persons.erase", "cohorts.burn", "*", "cohorts.*", ""})
    EXPECT_EQ(Director<CreateRoleRequest>(absl::Substitute(
                  "parent: '$$N' role_id: 'x' role { title: 'X' permissions: '$0' }", permission)),
              "INVALID_ARGUMENT INVALID_FIELD")
        << permission;
  EXPECT_EQ(Director<CreateInvitationRequest>(
                "parent: '$N' invitation_id: 'adam' invitation { email: "
                "'adam@example.org' roles { role: 'schools/nancy/roles/writer' } }"),
            "INVALID_ARGUMENT INVALID_FIELD");
  for (const char* role : {"admissions_officer", "trainer"})
    EXPECT_EQ(Try<CreateRoleRequest>(
                  world_, world_.Authorization(World::Person(role)),
                  "parent: '$N' role_id: 'x' role { title: 'X' permissions: 'cohorts.get' }"),
              kDenied);
}

INSTANTIATE_TEST_SUITE_P(Engines, OwnRolesTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
