// A national coordinator from nothing: a node of the manifest's own configuration, in production
// mode, before a real issuer. The machine's operator makes the first head, the head invites the
// coordinator, two schools are let in and renew what they are known by while they send, one is put
// out. On both engines.
#include <atomic>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/national_node.h"
#include "tests/support/engines.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/site/v1/site.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace access::v1;      // NOLINT: the requests of two services, and little else
using namespace statistics::v1;  // NOLINT

// Of each secret of a school: renewed after a third, and by the fourth the first is over.
constexpr char kLife[] = "life_seconds: 6";
constexpr int kSecrets = 4;

class NationalTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  std::string Token(const std::string& person) const { return issuer_.Token("vivier", person); }
  std::string Lists(const std::string& token) {
    return node_.Try<ListMembersResponse, ListMembersRequest>(token, "parent: '$N'");
  }

  void MakeTheFirstHead() {
    EXPECT_EQ(Lists(head_), "NOT_ALLOWED");
    ASSERT_EQ(node_.Command("grant-admin", issuer_.url() + "#head"), 0);
    EXPECT_TRUE(Eventually([&] { return Lists(head_) == "OK"; }));
    node_.Must<DatedTimeZone, AnnounceTimeZoneRequest>(head_,
                                                       "parent: '$N' time_zone: 'Europe/Paris'");
  }

  void InviteTheCoordinator() {
    const auto invited = node_.Must<CreateInvitationResponse, CreateInvitationRequest>(
        head_,
        "parent: '$N' invitation_id: 'claire' invitation { email: 'claire@example.org' "
        "display_name: 'Claire Roux' roles { role: 'network_coordinator' } }");
    EXPECT_EQ(Lists(coordinator_), "NOT_ALLOWED");
    const std::string accept = absl::Substitute("parent: '$$N' secret: '$0'", invited.secret());
    node_.Must<Membership, AcceptInvitationRequest>(coordinator_, accept);
    EXPECT_EQ((node_.Try<Membership, AcceptInvitationRequest>(Token("mallory"), accept)),
              "NOT_ALLOWED");
    EXPECT_TRUE(Eventually([&] { return Lists(coordinator_) == "OK"; }));
  }

  // Who adds up figures sees no person, gives no rights and lets nobody in.
  void TheCoordinatorMayNothingElse() {
    EXPECT_EQ(
        (node_.Try<ListMembershipsResponse, ListMembershipsRequest>(coordinator_, "parent: '$N'")),
        "NOT_ALLOWED");
    EXPECT_EQ((node_.Try<CreateInvitationResponse, CreateInvitationRequest>(
                  coordinator_,
                  "parent: '$N' invitation_id: 'x' invitation { email: 'x@example.org' roles { "
                  "role: 'school_director' } }")),
              "NOT_ALLOWED");
    EXPECT_EQ(
        (node_.Try<Member, CreateMemberRequest>(
            coordinator_,
            "parent: '$N' member_id: 'x' member { title: 'x' agreement_start_date { year: 2026 "
            "month: 1 day: 1 } }")),
        "NOT_ALLOWED");
    EXPECT_EQ((node_.Try<ListCellsResponse, ListCellsRequest>(coordinator_, "parent: '$N'")),
              "NOT_ALLOWED");
    EXPECT_EQ((node_.Try<ComputeSubmissionResponse, ComputeSubmissionRequest>(coordinator_,
                                                                              "parent: '$N'")),
              "NOT_ALLOWED");
    EXPECT_EQ(Lists(Token("nobody")), "NOT_ALLOWED");
    EXPECT_EQ(Lists(""), "NOT_ALLOWED") << "as the edge, which may call nothing itself";
    EXPECT_EQ(Lists("Bearer vivier_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "TOKEN_INVALID");
  }

  std::unique_ptr<SchoolBelow> LetIn(const std::string& school) {
    node_.Must<Member, CreateMemberRequest>(
        head_, absl::Substitute("parent: '$$N' member_id: '$0' member { title: '$0' "
                                "agreement_start_date { year: 2026 month: 1 day: 1 } }",
                                school));
    const auto code = node_.Must<MemberSecret, IssueJoinCodeRequest>(
        head_, absl::Substitute("name: '$$N/members/$0' $1", school, kLife));
    return std::make_unique<SchoolBelow>(school, node_, code.secret());
  }

  MemberCredential CredentialOf(const std::string& school) {
    return node_.Must<MemberCredential, GetMemberCredentialRequest>(
        coordinator_, absl::Substitute("name: '$$N/memberCredentials/$0'", school));
  }
  int64_t RevisionOf(const std::string& school) {
    const auto submission = node_.Ask<Submission, GetSubmissionRequest>(
        coordinator_, absl::Substitute("name: '$$N/submissions/$0'", school));
    return submission.ok() ? submission->revision() : 0;
  }

  // Both schools send ever other figures until each has as many secrets as the test wants.
  void SubmitWhileSecretsAreRenewed(SchoolBelow& metz, SchoolBelow& lyon) {
    std::atomic<bool> stopping{false};
    std::atomic<int> sent{0};
    std::vector<std::thread> schools;
    for (SchoolBelow* school : {&metz, &lyon})
      schools.emplace_back([&stopping, &sent, school] {
        for (; !stopping; ++sent) school->Open();
      });
    for (const char* school : {"metz", "lyon"})
      EXPECT_TRUE(Eventually([&] { return CredentialOf(school).secrets() >= kSecrets; })) << school;
    stopping = true;
    for (std::thread& school : schools) school.join();
    std::cout << sent << " times other figures while secrets were renewed "
              << CredentialOf("metz").secrets() - 1 << " and " << CredentialOf("lyon").secrets() - 1
              << " times\n";
  }

  Issuer issuer_{"oauth2-mock-server", /*https=*/false};
  NationalNode node_{GetParam(), issuer_};
  const std::string head_ = Token("head"), coordinator_ = Token("claire");
};

TEST_P(NationalTest, FromNothingToACoordinatorWhoAsks) {
  MakeTheFirstHead();
  InviteTheCoordinator();
  TheCoordinatorMayNothingElse();
  const std::unique_ptr<SchoolBelow> metz = LetIn("metz"), lyon = LetIn("lyon");

  SubmitWhileSecretsAreRenewed(*metz, *lyon);
  EXPECT_THAT(metz->Complaints(), IsEmpty());
  EXPECT_THAT(lyon->Complaints(), IsEmpty());
  for (const char* school : {"metz", "lyon"}) EXPECT_GT(RevisionOf(school), 1) << school;

  const auto figures = node_.Must<ComputeIndicatorsResponse, ComputeIndicatorsRequest>(
      coordinator_, "parent: '$N' year: 2031");
  EXPECT_EQ(figures.member_count(), 2);
  EXPECT_EQ(figures.submitted_count(), 2);
  std::set<std::string> sites;
  for (const IndicatorValue& value : figures.values()) sites.insert(value.site());
  EXPECT_EQ(sites, std::set<std::string>{""});
  for (const char* school : {"metz", "lyon"})
    EXPECT_EQ(
        (node_
             .Must<ComputeTotalResponse, ComputeTotalRequest>(
                 coordinator_, absl::Substitute("parent: '$$N' year: 2031 site: '$0'", school))
             .schools()),
        1)
        << school;

  node_.Must<MemberCredential, RevokeMemberCredentialRequest>(
      head_, "name: '$N/memberCredentials/metz' reason: 'its agreement was broken'");
  const int64_t last = RevisionOf("metz"), before = RevisionOf("lyon");
  const auto goes_on = [](SchoolBelow& school, const std::function<bool()>& holds) {
    return Eventually([&] {
      school.Open();
      return holds();
    });
  };
  EXPECT_TRUE(goes_on(*metz, [&] { return !metz->Complaints().empty(); }));
  EXPECT_TRUE(goes_on(*lyon, [&] { return RevisionOf("lyon") > before; }));
  EXPECT_EQ(RevisionOf("metz"), last);
  EXPECT_THAT(metz->Complaints().front(), HasSubstr("takes nothing of this school any more"));
  EXPECT_THAT(lyon->Complaints(), IsEmpty());
  EXPECT_THAT(lyon->Doctor(), HasSubstr("OK    parent schools/france, lyon: is known there until"));
  const std::string doctor = metz->Doctor();
  EXPECT_THAT(doctor, HasSubstr("FAIL  parent schools/france, metz: is refused there: the node "
                                "takes nothing of this school any more since 20"));
  EXPECT_THAT(doctor, HasSubstr("because: its agreement was broken"));
  EXPECT_THAT(doctor, HasSubstr("put it into"));
  EXPECT_EQ(node_.Command("verify"), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, NationalTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
