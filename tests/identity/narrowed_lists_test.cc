// Who holds a role for some of what a List shows is shown those, page by page, whatever his filter.
// On both engines.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/hash.h"
#include "shared/storage/rows/page_token.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/invariants/school.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using namespace enrolment::v1;  // NOLINT: the requests of one service, and little else
using access::v1::CreateMembershipRequest;
using access::v1::Membership;
using ::testing::ElementsAre;

class NarrowedListsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // ai-1 of the school, and three more.
  NarrowedListsTest() : world_(GetParam(), &TrustForeignIssuer) {
    School(world_).Build();
    const Cohort first = Must<Cohort, GetCohortRequest>(world_, "name: '$N/cohorts/ai-1'");
    for (const char* id : {"ai-10", "ai-2", "ai-3"})
      Must<Cohort, CreateCohortRequest>(
          world_,
          absl::Substitute(
              "parent: '$$N' cohort_id: '$0' cohort { title: '$0' capacity: 3 programme_revision: "
              "'$1' start_date { year: 2027 month: 9 day: 6 } end_date { year: 2028 month: 3 "
              "day: 31 } }",
              id, first.programme_revision()));
  }

  void Give(const std::string& roles) {
    Must<Membership, CreateMembershipRequest>(
        world_,
        absl::Substitute("parent: '$$N' membership_id: 'zoe' membership { subject: '$0' $1 }",
                         ForeignSubject("zoe"), roles));
    world_.Settle();
  }

  std::string Zoe() { return ForeignToken("zoe", world_.now()); }

  ListCohortsResponse Page(const std::string& more = "") {
    const auto page =
        Ask<ListCohortsResponse, ListCohortsRequest>(world_, Zoe(), "parent: '$N' " + more);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *page : ListCohortsResponse();
  }

  std::vector<std::string> Listed(const std::string& more = "") {
    std::vector<std::string> ids;
    const ListCohortsResponse page = Page(more);
    for (const Cohort& cohort : page.cohorts())
      ids.push_back(cohort.name().substr(sizeof("schools/nancy/cohorts")));
    return ids;
  }

  World world_;
};

constexpr char kTwo[] =
    "roles { role: 'trainer' scope: '$N/cohorts/ai-1' } roles { role: 'trainer' scope: "
    "'$N/cohorts/ai-3' } ";

TEST_P(NarrowedListsTest, ShowsThoseOfHisRoles) {
  Give(absl::StrCat(
      kTwo, "roles { role: 'trainer' scope: '$N/cohorts/ai-2' end_time { seconds: 1 } } ",
      "roles { role: 'data_protection_officer' scope: '$N/cohorts/ai-10' }"));  // which lists no
                                                                                // cohort
  EXPECT_THAT(Listed(), ElementsAre("ai-1", "ai-3"));
  EXPECT_EQ(Try<curriculum::v1::ListProgrammesRequest>(world_, Zoe(), "parent: '$N'"), kDenied);
  EXPECT_EQ(Try<ListLearnersRequest>(world_, Zoe(), "parent: '$N/cohorts/ai-2'"), kDenied);
}

TEST_P(NarrowedListsTest, ARoleForTheWholeSchoolShowsAll) {
  Give(absl::StrCat(kTwo, "roles { role: 'finance_officer' }"));
  EXPECT_THAT(Listed(), ElementsAre("ai-1", "ai-10", "ai-2", "ai-3"));
}

TEST_P(NarrowedListsTest, PagesJoinAndTokensAreHisOwn) {
  Give(kTwo);
  const ListCohortsResponse first = Page("page_size: 1");
  ASSERT_EQ(first.cohorts_size(), 1);
  EXPECT_EQ(first.cohorts(0).name(), "schools/nancy/cohorts/ai-1");
  const ListCohortsResponse second =
      Page(absl::Substitute("page_size: 1 page_token: '$0'", first.next_page_token()));
  ASSERT_EQ(second.cohorts_size(), 1);
  EXPECT_EQ(second.cohorts(0).name(), "schools/nancy/cohorts/ai-3");
  EXPECT_EQ(second.next_page_token(), "");
  const auto all =
      Must<ListCohortsResponse, ListCohortsRequest>(world_, "parent: '$N' page_size: 1");
  EXPECT_EQ(
      Try<ListCohortsRequest>(
          world_, Zoe(), absl::Substitute("parent: '$$N' page_token: '$0'", all.next_page_token())),
      "INVALID_ARGUMENT INVALID_FIELD");
}

// ai-1 has learners, and lies before ai-3. Even who has the school's key gets no further.
TEST_P(NarrowedListsTest, ATokenOfHisOwnMakingLeadsOutOfNoParent) {
  Give("roles { role: 'trainer' scope: '$N/cohorts/ai-3' }");
  const std::string parent = "schools/nancy/cohorts/ai-3",
                    query = ChainHash("", {"learners", parent, ""});
  const auto key = *security::SchoolKey::OfFolder(world_.data() + "/keys");
  const auto ask = [&](const std::string& last_name) {
    return Try<ListLearnersRequest>(
        world_, Zoe(),
        absl::Substitute("parent: '$0' page_token: '$1'", parent,
                         storage::PageTokenAfter(&key, last_name, query)));
  };
  EXPECT_EQ(ask(parent + "/learners/a"), "OK") << "void: our tokens are made otherwise";
  EXPECT_EQ(ask("schools/nancy/cohorts/ai-1/learners/"), "INVALID_ARGUMENT INVALID_FIELD");
}

TEST_P(NarrowedListsTest, AFilterNarrowsFurtherAndNeverWidens) {
  Give(kTwo);
  EXPECT_THAT(Listed("filter: \"start_date = '2027-09-06'\""), ElementsAre("ai-3"));
  EXPECT_THAT(Listed("filter: \"name = 'schools/nancy/cohorts/ai-2'\""), ElementsAre());
  EXPECT_THAT(Listed("order_by: 'start_date desc'"), ElementsAre("ai-3", "ai-1"));
  EXPECT_THAT(Listed("filter: \"start_date > '2000-01-01'\" order_by: 'start_date'"),
              ElementsAre("ai-1", "ai-3"));
  for (const char* filter : {"name = '') OR (name = ''", "OR name = ''", "name = '' OR",
                             "state = DRAFT OR name != ''", "name != ''"})
    EXPECT_EQ(Try<ListCohortsRequest>(world_, Zoe(),
                                      absl::StrCat("parent: '$N' filter: \"", filter, "\"")),
              "INVALID_ARGUMENT INVALID_FIELD")
        << filter;
}

TEST_P(NarrowedListsTest, IsExplained) {
  Give(kTwo);
  const auto why = Must<site::v1::ExplainAccessResponse, site::v1::ExplainAccessRequest>(
      world_,
      absl::Substitute(
          "name: '$$N' subject: '$0' method: 'vivier.enrolment.v1.CohortService.ListCohorts'",
          ForeignSubject("zoe")));
  EXPECT_TRUE(why.allowed());
  EXPECT_THAT(
      why.roles(),
      ElementsAre("trainer for schools/nancy/cohorts/ai-1: gives cohorts.list of that alone",
                  "trainer for schools/nancy/cohorts/ai-3: gives cohorts.list of that alone"));
}

INSTANTIATE_TEST_SUITE_P(Engines, NarrowedListsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
