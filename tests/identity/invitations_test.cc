// Roles that wait for who brings the secret and is somebody at an issuer. On both engines.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::testing {
namespace {

using namespace access::v1;  // NOLINT: the requests of one service, and little else

class InvitationsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  InvitationsTest() : world_(GetParam(), &TrustForeignIssuer) {}

  static std::string Text(const std::string& id,
                          const std::string& roles = "roles { role: 'trainer' }") {
    return absl::Substitute(
        "parent: '$$N' invitation_id: '$0' invitation { email: '$0@example.org' display_name: 'Zoe "
        "Martin' $1 }",
        id, roles);
  }

  CreateInvitationResponse Invite(const std::string& id) {
    return Must<CreateInvitationResponse, CreateInvitationRequest>(world_, Text(id));
  }

  std::string Accept(const std::string& person, const std::string& secret,
                     const std::string& request_id = "") {
    return Try<AcceptInvitationRequest>(
        world_, ForeignToken(person, world_.now()),
        absl::Substitute("parent: '$$N' secret: '$0' request_id: '$1'", secret, request_id));
  }

  std::string ListsProgrammes(const std::string& person) {
    return Try<curriculum::v1::ListProgrammesRequest>(world_, ForeignToken(person, world_.now()),
                                                      "parent: '$N'");
  }

  World world_;
};

constexpr char kUnknown[] = "vivier_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

TEST_P(InvitationsTest, MakesAMemberOfWhoBringsIt) {
  const CreateInvitationResponse invited = Invite("zoe");
  EXPECT_EQ(ListsProgrammes("zoe"), kDenied);
  const auto member = Ask<Membership, AcceptInvitationRequest>(
      world_, ForeignToken("zoe", world_.now()),
      absl::Substitute("parent: '$$N' secret: '$0'", invited.secret()));
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(member->name(), "schools/nancy/memberships/zoe");
  EXPECT_EQ(member->subject(), ForeignSubject("zoe"));
  EXPECT_EQ(member->display_name(), "Zoe Martin");
  ASSERT_EQ(member->roles_size(), 1);
  EXPECT_EQ(member->roles(0).role(), "trainer");
  world_.Settle();
  EXPECT_EQ(ListsProgrammes("zoe"), "OK");
  EXPECT_EQ(ListsProgrammes("adam"), kDenied);
  // The address is kept no longer than it is needed.
  const std::string director = world_.Authorization(World::Person());
  EXPECT_EQ(Try<GetInvitationRequest>(world_, director, "name: '$N/invitations/zoe'"),
            "NOT_FOUND NOT_FOUND");
  world_.ExpectInvariants();
}

TEST_P(InvitationsTest, IsAcceptedOnce) {
  const CreateInvitationResponse invited = Invite("zoe");
  const std::string first = RandomUuid();
  EXPECT_EQ(Accept("zoe", invited.secret(), first), "OK");
  EXPECT_EQ(Accept("zoe", invited.secret(), first), "OK");  // whose answer was lost
  EXPECT_EQ(Accept("adam", invited.secret()), kDenied);
  EXPECT_EQ(Accept("adam", kUnknown), kDenied);
}

TEST_P(InvitationsTest, WhoAcceptedIsToldSoAndNobodyElse) {
  const CreateInvitationResponse invited = Invite("zoe");
  const absl::Time then = world_.now();
  EXPECT_EQ(Accept("zoe", invited.secret()), "OK");
  world_.Advance(absl::Hours(50));
  const absl::Status again = Ask<Membership, AcceptInvitationRequest>(
                                 world_, ForeignToken("zoe", world_.now()),
                                 absl::Substitute("parent: '$$N' secret: '$0' request_id: '$1'",
                                                  invited.secret(), RandomUuid()))
                                 .status();
  EXPECT_EQ(ReasonOf(again), "ALREADY_EXISTS");
  EXPECT_THAT(MetadataOf(again),
              ::testing::Contains(::testing::Pair(
                  "since", absl::FormatTime(absl::RFC3339_sec, then, absl::UTCTimeZone()))));
  EXPECT_EQ(Accept("adam", invited.secret()), kDenied);
}

TEST_P(InvitationsTest, NeedsSomebodyAtAnIssuer) {
  const CreateInvitationResponse invited = Invite("zoe");
  const std::string text = absl::Substitute("parent: '$$N' secret: '$0'", invited.secret());
  EXPECT_EQ(Try<AcceptInvitationRequest>(world_, "", text), "UNAUTHENTICATED TOKEN_MISSING");
  EXPECT_EQ(Try<AcceptInvitationRequest>(world_, Bearer(invited.secret()), text), kDenied);
  EXPECT_EQ(Try<AcceptInvitationRequest>(world_, Bearer(kUnknown), text), kBadToken);
  EXPECT_EQ(Try<AcceptInvitationRequest>(world_, ForeignToken("zoe", world_.now() - absl::Hours(2)),
                                         text),
            kBadToken);
  EXPECT_EQ(Accept("zoe", invited.secret()), "OK");
}

TEST_P(InvitationsTest, EndsWithItsTimeOrWhenItIsRevoked) {
  const CreateInvitationResponse late = Invite("zoe");
  const CreateInvitationResponse revoked = Invite("adam");
  Must<google::protobuf::Empty, DeleteInvitationRequest>(world_, "name: '$N/invitations/adam'");
  EXPECT_EQ(Accept("adam", revoked.secret()), kDenied);
  world_.Advance(absl::Hours(7 * 24));
  EXPECT_EQ(Accept("zoe", late.secret()), kDenied);
  const auto left = Must<ListInvitationsResponse, ListInvitationsRequest>(world_, "parent: '$N'");
  EXPECT_EQ(left.invitations_size(), 0);
}

TEST_P(InvitationsTest, WhoIsAMemberStaysWhatHeIs) {
  const CreateInvitationResponse first = Invite("zoe"), second = Invite("zoe-2");
  ASSERT_EQ(Accept("zoe", first.secret()), "OK");
  EXPECT_EQ(Accept("zoe", second.secret()), "ALREADY_EXISTS ALREADY_EXISTS");
  EXPECT_EQ(Accept("adam", second.secret()), "OK");
}

TEST_P(InvitationsTest, IsTheHeadsAloneAndForRolesThatThereAre) {
  const std::string director = world_.Authorization(World::Person());
  for (const char* role : {"admissions_officer", "trainer", "partner_manager"})
    EXPECT_EQ(Try<CreateInvitationRequest>(world_, world_.Authorization(World::Person(role)),
                                           Text("zoe")),
              kDenied);
  for (const char* roles :
       {"roles { role: 'service' }", "roles { role: 'nobody' }", "roles { role: 'partner' }",
        "roles { role: 'identified' }", "roles { role: 'session:own_data' }", ""})
    EXPECT_EQ(Try<CreateInvitationRequest>(world_, director, Text("zoe", roles)),
              "INVALID_ARGUMENT INVALID_FIELD")
        << roles;
  // Nor does a member get what a secret gives, by the name of its hash.
  EXPECT_EQ(Try<CreateMembershipRequest>(
                world_, director,
                "parent: '$N' membership_id: 'x' membership { subject: '#ab' roles { role: "
                "'trainer' } }"),
            "INVALID_ARGUMENT INVALID_FIELD");
}

INSTANTIATE_TEST_SUITE_P(Engines, InvitationsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
