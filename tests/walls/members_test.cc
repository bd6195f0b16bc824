// A parent of thousands of schools: what it is asked and told works, page by page, and reads no
// more than with a few hundred. On both engines.
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/walls/member_crowd.h"

namespace vivier::testing {
namespace {

using namespace statistics::v1;  // NOLINT: the requests of one service, and little else

constexpr int kFew = 150, kMany = 1300;

class MembersTest : public ::testing::TestWithParam<storage::Engine> {};

TEST_P(MembersTest, NothingReadsMoreBecauseThereAreMoreSchools) {
  MemberCrowd few(GetParam(), kFew), many(GetParam(), kMany);
  for (MemberCrowd* crowd : {&few, &many}) {
    crowd->service().Execute("ANALYZE");
    crowd->service().rolls_back = true;
  }
  for (const MemberCrowd::Act& act : MemberCrowd::Acts()) {
    act.run(few);
    const int64_t work = few.service().WorkOfLastCall();
    act.run(many);
    EXPECT_GT(work, 0) << act.name;
    EXPECT_LE(many.service().WorkOfLastCall(), work + work / 4) << act.name;
  }
}

TEST_P(MembersTest, FreshnessPagesThroughAllMembers) {
  MemberCrowd crowd(GetParam(), kMany);
  GetFreshnessRequest request;
  request.set_name("schools/nancy");
  request.set_page_size(500);
  std::set<std::string> members;
  int submitted = 0, quarantined = 0, pages = 0;
  do {
    const auto page = crowd.service().Ask<GetFreshnessResponse>(request);
    ASSERT_EQ(page.status(), absl::OkStatus());
    for (const SiteFreshness& site : page->sites()) {
      EXPECT_TRUE(members.insert(site.member()).second) << site.member();
      submitted += site.revision() > 0 ? 1 : 0;
      quarantined += site.quarantined() ? 1 : 0;
    }
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(members.size(), static_cast<size_t>(kMany));
  EXPECT_EQ(submitted, kMany - 1);
  EXPECT_EQ(quarantined, kMany / 2);
  EXPECT_EQ(pages, kMany / 500 + 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, MembersTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
