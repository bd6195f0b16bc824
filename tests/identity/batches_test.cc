// Whoever may do some of a batch does that; the rest is refused to them, item by item. Who may do
// nothing of it is told no more than that. On both engines.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/rpc_status.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {
namespace {

using namespace enrolment::v1;  // NOLINT: the requests of one service, and little else
using ::testing::ElementsAre;

class BatchesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void Give(const std::string& roles) {
    Must<access::v1::Membership, access::v1::CreateMembershipRequest>(
        world_,
        absl::Substitute("parent: '$$N' membership_id: 'zoe' membership { subject: '$0' $1 }",
                         ForeignSubject("zoe"), roles));
  }

  // The reason of each item's refusal; nobody has the names, so who may is told that.
  std::vector<std::string> Reasons(const std::string& batch) {
    const auto answer = Ask<BatchAdmitApplicationsResponse, BatchAdmitApplicationsRequest>(
        world_, ForeignToken("zoe", world_.now()), batch);
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::vector<std::string> reasons;
    if (answer.ok())
      for (const auto& result : answer->results())
        reasons.push_back(ReasonOf(FromMessage(result.error())));
    return reasons;
  }

  std::string Refusal(const std::string& batch) {
    return Try<BatchAdmitApplicationsRequest>(world_, ForeignToken("zoe", world_.now()), batch);
  }

  static std::string Items(const std::vector<std::string>& cohorts) {
    std::string items;
    for (const std::string& cohort : cohorts)
      absl::StrAppend(&items, " requests { name: '$N/cohorts/", cohort, "/applications/a' }");
    return items;
  }

  World world_{GetParam(), &TrustForeignIssuer};
};

TEST_P(BatchesTest, EachItemIsAllowedOrNot) {
  Give("roles { role: 'admissions_officer' scope: '$N/cohorts/ai-1' }");
  world_.Settle();
  EXPECT_THAT(Reasons("parent: '$N'" + Items({"ai-1", "ai-10", "ai-1", "ai-2"})),
              ElementsAre("NOT_FOUND", "NOT_ALLOWED", "NOT_FOUND", "NOT_ALLOWED"));
  EXPECT_THAT(Reasons("parent: '$N/cohorts/ai-1'" + Items({"ai-1", "ai-10"})),
              ElementsAre("NOT_FOUND", "INVALID_FIELD"));
}

TEST_P(BatchesTest, WhoMayDoNothingOfItIsToldNoMore) {
  Give(
      "roles { role: 'trainer' scope: '$N/cohorts/ai-2' } "
      "roles { role: 'admissions_officer' scope: '$N/cohorts/ai-1' end_time { seconds: 1 } }");
  world_.Settle();
  EXPECT_EQ(Refusal("parent: '$N'" + Items({"ai-1", "ai-2", "ai-10"})), kDenied);
  EXPECT_EQ(Refusal("parent: '$N'"), kDenied);
  // Nor does an item that is not below the parent let anybody in.
  EXPECT_EQ(Refusal("parent: '$N/cohorts/ai-10'" + Items({"ai-1"})), kDenied);
  EXPECT_EQ(Refusal("parent: 'schools/metz'" + Items({"ai-1"})), kDenied);
}

INSTANTIATE_TEST_SUITE_P(Engines, BatchesTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
