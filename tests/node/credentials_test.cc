// What a node knows its members by: codes, secrets, renewals, and their end. On both engines.
#include "services/statistics/network/credentials.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/statistics/network/submission.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/support/engines.h"
#include "tests/support/macs.h"
#include "tests/support/world.h"
#include "vivier/site/v1/site.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using namespace statistics::v1;  // NOLINT: the requests of one service, and little else

constexpr char kMember[] = "name: '$N/members/metz'";
constexpr char kCredential[] = "name: '$N/memberCredentials/metz'";
constexpr char kRevoked[] = "FAILED_PRECONDITION CREDENTIAL_REVOKED";
constexpr absl::Duration kLife = statistics::kMemberSecretLife;

class CredentialsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  CredentialsTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {
    Admit("metz");
  }

  void Admit(const std::string& site) {
    Must<Member, CreateMemberRequest>(
        world_, absl::Substitute("parent: '$$N' member_id: '$0' member { title: '$0' "
                                 "agreement_start_date { year: 2026 month: 1 day: 1 } }",
                                 site));
  }

  std::string Code(const std::string& of = kMember, const std::string& more = "") {
    return Must<MemberSecret, IssueJoinCodeRequest>(world_, absl::StrCat(of, " ", more)).secret();
  }

  template <class Request>
  MemberSecret Exchange(const std::string& shown, const std::string& id = RandomUuid()) {
    const auto secret = Ask<MemberSecret, Request>(
        world_, Bearer(shown), absl::Substitute("parent: '$$N' request_id: '$0'", id));
    EXPECT_TRUE(secret.ok()) << secret.status();
    return secret.value_or(MemberSecret());
  }
  std::string Redeem(const std::string& code) {
    return Exchange<RedeemJoinCodeRequest>(code).secret();
  }
  std::string Renew(const std::string& secret) {
    return Exchange<RenewMemberCredentialRequest>(secret).secret();
  }
  std::string TryRedeem(const std::string& code) {
    return Try<RedeemJoinCodeRequest>(world_, Bearer(code), "parent: '$N'");
  }
  std::string TryRenew(const std::string& secret) {
    return Try<RenewMemberCredentialRequest>(world_, Bearer(secret), "parent: '$N'");
  }

  // What `vivier doctor` asks.
  std::string TryStands(const std::string& secret) {
    return Try<RenewMemberCredentialRequest>(world_, Bearer(secret),
                                             "parent: '$N' validate_only: true");
  }

  absl::StatusOr<Submission> Submit(const std::string& secret, const std::string& site = "metz") {
    SubmitCellsRequest request;
    request.set_parent("schools/nancy");
    request.set_site(site);
    request.set_revision(++revision_);
    request.set_content_hash(statistics::ContentHash({}));
    request.set_request_id(RandomUuid());
    Sign(request, keys_.try_emplace(site, security::SchoolKey::Random()).first->second);
    return Ask<Submission, SubmitCellsRequest>(world_, Bearer(secret), request.DebugString());
  }
  std::string TrySubmit(const std::string& secret, const std::string& site = "metz") {
    const absl::Status status = Submit(secret, site).status();
    return status.ok()
               ? "OK"
               : absl::StrCat(absl::StatusCodeToString(status.code()), " ", ReasonOf(status));
  }

  MemberCredential Credential() {
    return Must<MemberCredential, GetMemberCredentialRequest>(world_, kCredential);
  }
  std::string Revoke(const std::string& reason = "the association is wound up") {
    return Try<RevokeMemberCredentialRequest>(world_, world_.Authorization(World::Person()),
                                              absl::StrCat(kCredential, " reason: '", reason, "'"));
  }

  World world_;
  std::map<std::string, security::SchoolKey> keys_;  // by school
  int64_t revision_ = 0;
};

TEST_P(CredentialsTest, ASchoolJoinsAndRenews) {
  const std::string code = Code();
  EXPECT_EQ(Credential().state(), MemberCredential::INVITED);
  const MemberSecret first = Exchange<RedeemJoinCodeRequest>(code);
  EXPECT_EQ(first.member_credential(), "schools/nancy/memberCredentials/metz");
  EXPECT_EQ(first.expire_time().seconds(), absl::ToUnixSeconds(world_.now() + kLife));
  EXPECT_EQ(first.renew_time().seconds(), absl::ToUnixSeconds(world_.now() + kLife / 3));
  EXPECT_EQ(TrySubmit(first.secret()), "OK");
  world_.Advance(kLife / 3);
  const std::string second = Renew(first.secret());
  EXPECT_EQ(TrySubmit(first.secret()), "OK") << "calls that are on their way still show it";
  EXPECT_EQ(TrySubmit(second), "OK");
  const MemberCredential credential = Credential();
  EXPECT_EQ(credential.state(), MemberCredential::JOINED);
  EXPECT_EQ(credential.secrets(), 2);
  EXPECT_FALSE(credential.has_code_expire_time());
  EXPECT_EQ(credential.expire_time().seconds(), absl::ToUnixSeconds(world_.now() + kLife));
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, BringsItsOwnFiguresAndDoesNothingElse) {
  Admit("lyon");
  const std::string code = Code(), secret = Redeem(code);
  EXPECT_EQ(TrySubmit(secret, "lyon"), "FAILED_PRECONDITION FIGURES_OF_ANOTHER");
  EXPECT_EQ(TrySubmit(secret, "nancy"), "FAILED_PRECONDITION FIGURES_OF_ANOTHER");
  EXPECT_EQ(TrySubmit(Redeem(Code("name: '$N/members/lyon'")), "lyon"), "OK");
  EXPECT_EQ(TrySubmit(code), kDenied);
  EXPECT_EQ(Try<ListSubmissionsRequest>(world_, Bearer(secret), "parent: '$N'"), kDenied);
  EXPECT_EQ(Try<GetMemberCredentialRequest>(world_, Bearer(secret), kCredential), kDenied);
  EXPECT_EQ(Try<IssueJoinCodeRequest>(world_, Bearer(secret), kMember), kDenied);
  EXPECT_EQ(Try<ComputeIndicatorsRequest>(world_, Bearer(secret), "parent: '$N' year: 2026"),
            kDenied);
  const std::string coordinator = world_.Authorization(World::Person("network_coordinator"));
  EXPECT_EQ(Try<ListMemberCredentialsRequest>(world_, coordinator, "parent: '$N'"), "OK");
  EXPECT_EQ(Try<IssueJoinCodeRequest>(world_, coordinator, kMember), kDenied);
  EXPECT_EQ(Try<RevokeMemberCredentialRequest>(world_, coordinator,
                                               absl::StrCat(kCredential, " reason: 'no'")),
            kDenied);
}

TEST_P(CredentialsTest, WhatIsUnknownUsedOrOverIsRefusedAlike) {
  const std::string code = Code(), secret = Redeem(code);
  const char unknown[] = "vivier_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  for (const std::string& shown : {std::string(unknown), secret + "A"}) {
    EXPECT_EQ(TrySubmit(shown), kBadToken);
    EXPECT_EQ(TryRedeem(shown), kBadToken);
    EXPECT_EQ(TryRenew(shown), kBadToken);
  }
  EXPECT_EQ(TryRedeem(code), kBadToken) << "it was good once";
  EXPECT_EQ(TryRenew(code), kDenied);
  EXPECT_EQ(TryRedeem(secret), kDenied);
  EXPECT_EQ(Try<IssueJoinCodeRequest>(world_, world_.Authorization(World::Person()),
                                      "name: '$N/members/nobody'"),
            "NOT_FOUND NOT_FOUND");
  const std::string late = Code();
  world_.Advance(statistics::kJoinCodeLife);
  EXPECT_EQ(TryRedeem(late), kBadToken);
}

TEST_P(CredentialsTest, ASecretEndsUnlessItIsRenewed) {
  const std::string secret = Redeem(Code(kMember, "life_seconds: 60"));
  world_.Advance(absl::Seconds(59));
  EXPECT_EQ(TrySubmit(secret), "OK");
  const std::string next = Renew(secret);
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(TrySubmit(secret), kBadToken);
  EXPECT_EQ(TryRenew(secret), kBadToken);
  EXPECT_EQ(TrySubmit(next), "OK");
  world_.Advance(absl::Seconds(59));
  EXPECT_EQ(TrySubmit(next), kBadToken);
  world_.ExpectInvariants();
}

// A process that is killed before it has kept the answer, and each replica, asks the same again.
TEST_P(CredentialsTest, TheSameRequestGetsTheSameSecret) {
  const std::string code = Code(), join = RandomUuid(), renew = RandomUuid();
  const std::string secret = Exchange<RedeemJoinCodeRequest>(code, join).secret();
  EXPECT_EQ(Exchange<RedeemJoinCodeRequest>(code, join).secret(), secret);
  const std::string next = Exchange<RenewMemberCredentialRequest>(secret, renew).secret();
  EXPECT_EQ(Exchange<RenewMemberCredentialRequest>(secret, renew).secret(), next);
  EXPECT_EQ(Credential().secrets(), 2);
}

TEST_P(CredentialsTest, WhoAsksWhetherItStandsChangesNothing) {
  const std::string secret = Redeem(Code());
  const MemberCredential before = Credential();
  EXPECT_EQ(TryStands(secret), "OK");
  EXPECT_EQ(Credential().DebugString(), before.DebugString());
  const auto trial = Ask<MemberSecret, RenewMemberCredentialRequest>(
      world_, Bearer(secret), "parent: '$N' validate_only: true");
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(TrySubmit(trial->secret()), kBadToken);
  EXPECT_EQ(TrySubmit(secret), "OK");
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, OfManyWhoBringACodeOneJoins) {
  const std::string code = Code();
  std::vector<std::string> answers(12);
  std::vector<std::thread> callers;
  for (std::string& answer : answers) callers.emplace_back([&] { answer = TryRedeem(code); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(std::count(answers.begin(), answers.end(), "OK"), 1);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), kBadToken), 11);
  EXPECT_EQ(Credential().secrets(), 1);
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, TheNinthSecretEndsTheFirst) {
  std::vector<std::string> secrets = {Redeem(Code())};
  for (int i = 1; i < statistics::kMemberSecretsMax; ++i) secrets.push_back(Renew(secrets[0]));
  EXPECT_EQ(TrySubmit(secrets[0]), "OK");
  const std::string ninth = Renew(secrets[0]);
  EXPECT_EQ(TrySubmit(secrets[0]), kBadToken);
  EXPECT_EQ(TrySubmit(secrets[1]), "OK");
  EXPECT_EQ(TrySubmit(ninth), "OK");
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, RevokedItIsRefusedFromTheNextCallOnAndTold) {
  const std::string secret = Redeem(Code());
  const std::string next = Renew(secret);
  EXPECT_EQ(Revoke(""), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(TrySubmit(next), "OK");
  EXPECT_EQ(Revoke(), "OK");
  for (const std::string& shown : {secret, next}) {
    const absl::Status refused = Submit(shown).status();
    EXPECT_EQ(ReasonOf(refused), "CREDENTIAL_REVOKED");
    EXPECT_THAT(MetadataOf(refused),
                ::testing::Contains(::testing::Pair("why", "the association is wound up")));
    EXPECT_THAT(
        MetadataOf(refused),
        ::testing::Contains(::testing::Pair(
            "since", absl::FormatTime(absl::RFC3339_sec, world_.now(), absl::UTCTimeZone()))));
    EXPECT_EQ(TryStands(shown), kRevoked);
    EXPECT_EQ(TryRenew(shown), kRevoked);
  }
  EXPECT_EQ(Revoke("again"), kRevoked);
  EXPECT_EQ(Credential().revoke_reason(), "the association is wound up");
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, ACodeIsRevokedToo) {
  const std::string code = Code();
  EXPECT_EQ(Revoke(), "OK");
  EXPECT_EQ(TryRedeem(code), kRevoked);
}

TEST_P(CredentialsTest, WhoWasRevokedJoinsAgainByANewCode) {
  const std::string old_code = Code(), old = Redeem(old_code);
  EXPECT_EQ(Revoke(), "OK");
  const std::string secret = Redeem(Code());
  EXPECT_EQ(TrySubmit(secret), "OK");
  EXPECT_EQ(TrySubmit(old), kBadToken);
  EXPECT_EQ(TryRedeem(old_code), kBadToken);
  EXPECT_FALSE(Credential().has_revoke_time());
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, ANewCodeEndsWhatWasJoinedBefore) {
  const std::string secret = Redeem(Code());
  const std::string code = Code();
  EXPECT_EQ(TrySubmit(secret), kBadToken) << "in wrong hands, perhaps";
  EXPECT_EQ(TrySubmit(Redeem(code)), "OK");
}

TEST_P(CredentialsTest, GoesWithItsMember) {
  const std::string secret = Redeem(Code());
  Must<google::protobuf::Empty, DeleteMemberRequest>(world_, kMember);
  EXPECT_EQ(TrySubmit(secret), kBadToken);
  EXPECT_EQ(
      Try<GetMemberCredentialRequest>(world_, world_.Authorization(World::Person()), kCredential),
      "NOT_FOUND NOT_FOUND");
  Admit("metz");
  EXPECT_EQ(TrySubmit(secret), kBadToken);
  world_.ExpectInvariants();
}

TEST_P(CredentialsTest, IsNotRenewedBeyondTheAgreement) {
  const std::string secret = Redeem(Code());
  Must<Member, UpdateMemberRequest>(
      world_,
      "member { name: '$N/members/metz' agreement_end_date { year: 2026 month: 1 day: 31 } }");
  EXPECT_EQ(TryRenew(secret), "FAILED_PRECONDITION NOT_A_MEMBER");
  EXPECT_EQ(TrySubmit(secret), "FAILED_PRECONDITION NOT_A_MEMBER");
  EXPECT_EQ(Try<IssueJoinCodeRequest>(world_, world_.Authorization(World::Person()), kMember),
            "FAILED_PRECONDITION NOT_A_MEMBER");
}

// Each by SQL, with MACs as the program would make them.
TEST_P(CredentialsTest, VerifyFindsWhatWasChanged) {
  Redeem(Code());
  Admit("lyon");
  Code("name: '$N/members/lyon'");
  const std::pair<const char*, const char*> changes[] = {
      {"UPDATE member_credentials SET expire_time = expire_time + 1 WHERE state = 'JOINED'",
       "UPDATE member_credentials SET expire_time = expire_time - 1 WHERE state = 'JOINED'"},
      {"UPDATE member_credentials SET code_expire_time = code_expire_time + 1",
       "UPDATE member_credentials SET code_expire_time = code_expire_time - 1"},
      {"UPDATE member_credentials SET secrets = secrets + 8 WHERE state = 'JOINED'",
       "UPDATE member_credentials SET secrets = secrets - 8 WHERE state = 'JOINED'"},
      {"UPDATE rights SET subject = subject || '0' WHERE role = 'secret:member'",
       "UPDATE rights SET subject = substr(subject, 1, 65) WHERE role = 'secret:member'"},
      {"UPDATE rights SET end_time = end_time + 1 WHERE role = 'secret:member'",
       "UPDATE rights SET end_time = end_time - 1 WHERE role = 'secret:member'"},
  };
  for (const auto& [change, back] : changes) {
    world_.Stop();
    MakeMacs(world_.DatabaseUrl("statistics"), "statistics", world_.data(), change);
    world_.Start();
    const auto verified = world_.site().Verify("nancy", relations::Detail::kFitsAnAnswer);
    ASSERT_TRUE(verified.ok()) << verified.status();
    std::string broken;
    for (const site::v1::InvariantReport& report : verified->reports())
      if (report.violations() > 0) absl::StrAppend(&broken, report.invariant(), " ");
    EXPECT_EQ(broken, "I16 ") << change;
    world_.Stop();
    MakeMacs(world_.DatabaseUrl("statistics"), "statistics", world_.data(), back);
    world_.Start();
  }
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, CredentialsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
