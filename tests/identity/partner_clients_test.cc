// Partners' programs: secrets, sessions, and what they see. On both engines.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"
#include "tests/identity/asking.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using namespace access::v1;  // NOLINT: the requests of one service, and little else
using enrolment::v1::GetCandidateRequest;
using google::protobuf::util::TimeUtil;

constexpr char kOwn[] = "name: '$N/companies/13002526500013'";
constexpr char kOthers[] = "name: '$N/companies/55208131766522'";
constexpr char kClient[] = "name: '$N/partnerClients/acme'";

class PartnerClientsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  PartnerClientsTest() : world_(GetParam()) {
    for (const char* siret : {"13002526500013", "55208131766522"})
      Must<partners::v1::Company, partners::v1::CreateCompanyRequest>(
          world_,
          absl::Substitute("parent: '$$N' company_id: '$0' company { title: 'A company' }", siret));
  }

  std::string Create() {
    return Must<PartnerClientSecret, CreatePartnerClientRequest>(
               world_,
               "parent: '$N' partner_client_id: 'acme' partner_client { title: 'Portal' company: "
               "'$N/companies/13002526500013' }")
        .secret();
  }

  PartnerClientSecret Rotate(bool stolen) {
    return Must<PartnerClientSecret, RotatePartnerClientSecretRequest>(
        world_, absl::StrCat(kClient, stolen ? " stolen: true" : ""));
  }

  std::string Opens(const std::string& secret) {
    return Try<OpenPartnerSessionRequest>(world_, Bearer(secret), "parent: '$N'");
  }

  // The header of a new session, known to every service.
  std::string Session(const std::string& secret) {
    const auto session = Ask<OpenPartnerSessionResponse, OpenPartnerSessionRequest>(
        world_, Bearer(secret), "parent: '$N'");
    EXPECT_TRUE(session.ok()) << session.status();
    world_.Settle();
    return session.ok() ? Bearer(session->token()) : "";
  }

  std::string Gets(const std::string& session, const char* company = kOwn) {
    return Try<partners::v1::GetCompanyRequest>(world_, session, company);
  }

  World world_;
};

TEST_P(PartnerClientsTest, SeesItsCompanysAndNothingElse) {
  const std::string secret = Create();
  const std::string session = Session(secret);
  EXPECT_EQ(Gets(session), "OK");
  for (const char* company : {kOwn, kOthers})  // what is kept near for others is not for it
    Must<partners::v1::Company, partners::v1::GetCompanyRequest>(world_, company);
  EXPECT_EQ(Gets(session, kOthers), Gets(session, "name: '$N/companies/73282932000074'"));
  EXPECT_NE(Gets(session, kOthers), "OK");
  EXPECT_EQ(Try<GetCandidateRequest>(world_, session, "name: '$N/candidates/c-1'"), kDenied);
  EXPECT_EQ(Try<GetPartnerClientRequest>(world_, session, kClient), kDenied);
  EXPECT_EQ(Gets(Bearer(secret)), kDenied);  // the secret itself opens sessions and nothing else
  EXPECT_EQ(Opens(session.substr(7)), kDenied);
  const auto client = Must<PartnerClient, GetPartnerClientRequest>(world_, kClient);
  EXPECT_EQ(client.sessions(), 1);
  EXPECT_LE(absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(client.last_use_time())),
            world_.now());
  EXPECT_TRUE(client.has_last_use_time());
}

TEST_P(PartnerClientsTest, IsRefusedLikeWhoIsUnknown) {
  const std::string secret = Create();
  const char unknown[] = "vivier_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  EXPECT_EQ(Opens(unknown), kBadToken);
  EXPECT_EQ(Opens(secret.substr(0, secret.size() - 1)), kBadToken);
  EXPECT_EQ(Opens(secret + "A"), kBadToken);
  EXPECT_EQ(Try<OpenPartnerSessionRequest>(world_, Bearer(secret), "parent: 'schools/metz'"),
            kBadToken);
  EXPECT_EQ(Gets(Bearer(unknown)), kBadToken);
  EXPECT_EQ(Opens(secret), "OK");
}

TEST_P(PartnerClientsTest, NeedsACompanyThatIs) {
  EXPECT_EQ(Try<CreatePartnerClientRequest>(
                world_, world_.Authorization(World::Person()),
                "parent: '$N' partner_client_id: 'acme' partner_client { title: 'Portal' "
                "company: '$N/companies/73282932000074' }"),
            "FAILED_PRECONDITION REFERENCE_NOT_FOUND");
}

TEST_P(PartnerClientsTest, TwoSecretsAreGoodForAWeekAndNeverThree) {
  const std::string first = Create();
  const PartnerClientSecret second = Rotate(false);
  EXPECT_TRUE(second.has_old_secret_end_time());
  EXPECT_EQ(Opens(first), "OK");
  EXPECT_EQ(Opens(second.secret()), "OK");
  const PartnerClientSecret third = Rotate(false);
  EXPECT_EQ(Opens(first), kBadToken);
  EXPECT_EQ(Opens(second.secret()), "OK");
  EXPECT_EQ(Opens(third.secret()), "OK");
  world_.Advance(absl::Hours(7 * 24) - absl::Seconds(1));
  EXPECT_EQ(Opens(second.secret()), "OK");
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(Opens(second.secret()), kBadToken);
  EXPECT_EQ(Opens(third.secret()), "OK");
}

TEST_P(PartnerClientsTest, AStolenSecretEndsWithItsSessions) {
  const std::string stolen = Create();
  const std::string session = Session(stolen);
  const PartnerClientSecret secret = Rotate(true);
  EXPECT_FALSE(secret.has_old_secret_end_time());
  EXPECT_EQ(Opens(stolen), kBadToken);
  world_.Settle();
  EXPECT_EQ(Gets(session), kBadToken);
  EXPECT_EQ(Gets(Session(secret.secret())), "OK");
}

TEST_P(PartnerClientsTest, ASessionLastsAnHour) {
  const std::string session = Session(Create());
  world_.Advance(absl::Hours(1) - absl::Seconds(1));
  EXPECT_EQ(Gets(session), "OK");
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(Gets(session), kBadToken);
}

TEST_P(PartnerClientsTest, TheNinthSessionEndsTheFirst) {
  const std::string secret = Create();
  std::vector<std::string> sessions;
  for (int i = 0; i < 9; ++i) sessions.push_back(Session(secret));
  EXPECT_EQ(Gets(sessions[0]), kBadToken);
  for (size_t i = 1; i < sessions.size(); ++i) EXPECT_EQ(Gets(sessions[i]), "OK") << i;
}

TEST_P(PartnerClientsTest, RevokedItIsGoneEverywhere) {
  const std::string first = Create();
  const std::string second = Rotate(false).secret();
  const std::vector<std::string> sessions = {Session(first), Session(second)};
  Must<google::protobuf::Empty, DeletePartnerClientRequest>(world_, kClient);
  world_.Settle();
  for (const std::string& secret : {first, second}) EXPECT_EQ(Opens(secret), kBadToken);
  for (const std::string& session : sessions) EXPECT_EQ(Gets(session), kBadToken);
  // Another of that name is another.
  const std::string again = Create();
  EXPECT_EQ(Opens(first), kBadToken);
  EXPECT_EQ(Opens(again), "OK");
}

// All its sessions are one principal, whatever token they show: that is whom the trail names and
// the budget counts.
TEST_P(PartnerClientsTest, IsOnePrincipal) {
  const std::string secret = Create();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(
        Try<partners::v1::CreateTutorRequest>(
            world_, Session(secret),
            absl::Substitute(
                "parent: '$$N' tutor_id: 't-$0' tutor { company: '$$N/companies/13002526500013' "
                "full_name: 'Max Roy' experience_years: 5 }",
                i)),
        "OK");
  int made = 0;
  const auto trail =
      Must<site::v1::SearchAuditRecordsResponse, site::v1::SearchAuditRecordsRequest>(world_,
                                                                                      "name: '$N'");
  for (const site::v1::AuditRecord& record : trail.records()) {
    if (record.method() != "vivier.partners.v1.TutorService.CreateTutor") continue;
    EXPECT_EQ(record.principal(), "schools/nancy/partnerClients/acme");
    ++made;
  }
  EXPECT_EQ(made, 2);
}

INSTANTIATE_TEST_SUITE_P(Engines, PartnerClientsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
