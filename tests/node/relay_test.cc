// The way of figures up, over the rpcs of two nodes: a region passes on what its member signed, and
// a school that was restored begins a new epoch. On both engines.
#include <memory>
#include <set>
#include <string>

#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "services/statistics/network/sending.h"
#include "shared/service/outside.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/node/to_world.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using statistics::ByYear;
using statistics::Sending;
using namespace statistics::v1;  // NOLINT: the requests of one service

class RelayTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  static std::set<std::string> Node() { return {"access", "statistics"}; }

  // The secret of a member of the node.
  static std::string LetIn(World& node, const std::string& site) {
    Members(node).Admit(site);
    const auto code = Must<MemberSecret, IssueJoinCodeRequest>(
        node, absl::Substitute("name: '$$N/members/$0'", site));
    const auto secret =
        Ask<MemberSecret, RedeemJoinCodeRequest>(node, Bearer(code.secret()), "parent: '$N'");
    EXPECT_TRUE(secret.ok()) << secret.status();
    return secret.value_or(MemberSecret()).secret();
  }
  rpc::Outside Outside(const std::string& secret) {
    return {"nancy",
            "schools/nancy",
            RandomUuid(),
            {&here_, below_.Authorization(World::Person())},
            {&there_, Bearer(secret)}};
  }

  World below_{GetParam(), Node()}, above_{GetParam(), Node()};
  ToWorld here_{below_}, there_{above_};
  Sending sending_;
};

TEST_P(RelayTest, ARegionPassesOnWhatItsMemberSigned) {
  const ByYear figures = {{2026, {{{"seats", {"opened"}}, 24}}}};
  const std::string own = LetIn(below_, "metz"), region = LetIn(above_, "region");
  const security::SchoolKey key = security::SchoolKey::Random();
  SubmitCellsRequest request = Members(below_).Request("metz", 3, figures);
  request.set_request_id(RandomUuid());
  Sign(request, key);
  EXPECT_EQ(Try<SubmitCellsRequest>(below_, Bearer(own), request.DebugString()), "OK");
  SubmissionAccepted accepted;
  accepted.set_submission("schools/nancy/submissions/metz");
  EXPECT_EQ(ReasonOf(sending_.PassOn(Outside(region), accepted)), "FIGURES_OF_ANOTHER");

  Members(above_).Admit("metz");
  Must<Member, UpdateMemberRequest>(
      above_, absl::Substitute("member { name: '$$N/members/metz' public_keys: '$0' } "
                               "update_mask { paths: 'public_keys' }",
                               request.public_key()));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(sending_.PassOn(Outside(region), accepted), absl::OkStatus());
    EXPECT_EQ(Members(above_).Counted(2026), figures.at(2026)) << "once";
  }
  above_.ExpectInvariants();
}

TEST_P(RelayTest, WhatNobodySignedStaysWhereItWasEntered) {
  const std::string region = LetIn(above_, "region");
  Members(below_).Admit("metz");
  Members(above_).Admit("metz");
  ASSERT_TRUE(
      Members(below_)
          .Submit(Members(below_).Request("metz", 1, {{2026, {{{"seats", {"opened"}}, 9}}}}))
          .ok());
  SubmissionAccepted accepted;
  accepted.set_submission("schools/nancy/submissions/metz");
  EXPECT_EQ(sending_.PassOn(Outside(region), accepted), absl::OkStatus());
  EXPECT_TRUE(Members(above_).Counted(2026).empty());
}

TEST_P(RelayTest, ASchoolThatWasRestoredBeginsAnEpoch) {
  const std::string secret = LetIn(above_, "nancy");
  BeginEpochRequest begin;
  begin.set_parent("schools/nancy");
  const auto first = below_.Write<BeginEpochResponse>(begin);
  ASSERT_TRUE(first.ok()) << first.status();
  // What the parent was told before the restore.
  SubmitCellsRequest before = Members(above_).Request("nancy", 9, {});
  before.set_epoch(first->epoch() + 5);
  ASSERT_TRUE(Members(above_).Submit(before).ok());
  below_.Advance(absl::Minutes(1));
  EXPECT_EQ(sending_.SendOwn(Outside(secret), {}), absl::OkStatus());
  const auto counts =
      Must<Submission, GetSubmissionRequest>(above_, "name: '$N/submissions/nancy'");
  EXPECT_GT(counts.epoch(), before.epoch());
  EXPECT_EQ(counts.revision(), 2);
  EXPECT_FALSE(counts.public_key().empty());
  above_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, RelayTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
