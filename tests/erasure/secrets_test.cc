// Of the secrets that a school hands out nothing is kept but hashes: wherever one looks, and with
// any key but the persons', which seal the answers that are kept for a retry. On both engines.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/erasure/scan.h"
#include "tests/identity/asking.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using namespace access::v1;     // NOLINT: the requests of two services, and little else
using namespace enrolment::v1;  // NOLINT

class SecretsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // A link and its session, an invitation, a client and its session, a member's code and secret.
  Words HandOut() {
    Must<Candidate, CreateCandidateRequest>(
        world_,
        "parent: '$N' candidate_id: 'dan' candidate { given_name: 'Dan' family_name: 'Petit' }");
    Must<partners::v1::Company, partners::v1::CreateCompanyRequest>(
        world_, "parent: '$N' company_id: '13002526500013' company { title: 'A company' }");
    const auto link = Must<CreateAccessLinkResponse, CreateAccessLinkRequest>(
        world_,
        "parent: '$N' access_link_id: 'l' access_link { purpose: OWN_DATA resource: "
        "'$N/candidates/dan' }");
    const auto invitation = Must<CreateInvitationResponse, CreateInvitationRequest>(
        world_,
        "parent: '$N' invitation_id: 'i' invitation { email: 'zoe@example.org' roles { role: "
        "'trainer' } }");
    const auto client = Must<PartnerClientSecret, CreatePartnerClientRequest>(
        world_,
        "parent: '$N' partner_client_id: 'c' partner_client { title: 'C' company: "
        "'$N/companies/13002526500013' }");
    const auto session = Ask<RedeemAccessLinkResponse, RedeemAccessLinkRequest>(
        world_, Bearer(link.secret()), "parent: '$N'");
    const auto partner = Ask<OpenPartnerSessionResponse, OpenPartnerSessionRequest>(
        world_, Bearer(client.secret()), "parent: '$N'");
    EXPECT_TRUE(session.ok() && partner.ok()) << session.status() << partner.status();
    session_ = session->token();
    Words secrets = {link.secret(), invitation.secret(), client.secret(), session->token(),
                     partner->token()};
    const auto joined = Join();
    secrets.insert(secrets.end(), joined.begin(), joined.end());
    return secrets;
  }

  Words Join() {
    using namespace statistics::v1;  // NOLINT
    Must<Member, CreateMemberRequest>(
        world_,
        "parent: '$N' member_id: 'metz' member { title: 'Metz' agreement_start_date { year: 2026 "
        "month: 1 day: 1 } }");
    const auto code = Must<MemberSecret, IssueJoinCodeRequest>(world_, "name: '$N/members/metz'");
    const auto secret =
        Ask<MemberSecret, RedeemJoinCodeRequest>(world_, Bearer(code.secret()), "parent: '$N'");
    EXPECT_TRUE(secret.ok()) << secret.status();
    return {code.secret(), secret->secret()};
  }

  World world_{GetParam()};
  std::string session_;
};

TEST_P(SecretsTest, AreNowhere) {
  ::testing::internal::CaptureStderr();
  const Words secrets = HandOut();
  world_.Settle();
  world_.Stop();
  EXPECT_THAT(FindIn("log", ::testing::internal::GetCapturedStderr(), secrets),
              ::testing::IsEmpty());
  EXPECT_THAT(FindInFiles(world_.data(), secrets), ::testing::IsEmpty());
  for (const std::string& service : rpc::TradeServices())
    EXPECT_THAT(FindInTables(world_.DatabaseUrl(service), secrets), ::testing::IsEmpty())
        << service;
  world_.Start();
  EXPECT_EQ(Try<GetCandidateRequest>(world_, Bearer(session_), "name: '$N/candidates/dan'"), "OK");
}

INSTANTIATE_TEST_SUITE_P(Engines, SecretsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
