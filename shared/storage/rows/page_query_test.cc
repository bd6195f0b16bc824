// Pages in every order, with every kind of filter, joined page by page, hold what the same question
// answers in one; and each is read from the index that it is meant for.
#include "shared/storage/rows/page_query.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "tests/support/engines.h"
#include "tests/support/store.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::storage {
namespace {

using enrolment::v1::Application;
using ::testing::HasSubstr;

constexpr char kParent[] = "schools/nancy/cohorts/ai-1";
constexpr int kApplications = 24;

class PageQueryTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
                for (const char* cohort : {"ai-1", "ai-2"})
                  for (int i = 0; i < kApplications; ++i) RETURN_IF_ERROR(Insert(unit, cohort, i));
                return absl::OkStatus();
              }),
              absl::OkStatus());
  }

  absl::Status Insert(Unit& unit, const std::string& cohort, int i) {
    Application application;
    const std::string parent = absl::StrCat("schools/nancy/cohorts/", cohort);
    application.set_name(absl::StrFormat("%s/applications/a-%02d", parent, i));
    application.set_cohort(parent);
    application.set_candidate(absl::StrCat("schools/nancy/candidates/c-", i));
    application.set_rank(i % 5);  // names do not go with ranks
    constexpr Application::State kStates[] = {Application::SHORTLISTED, Application::REJECTED,
                                              Application::WITHDRAWN};
    application.set_state(application.rank() > 0 ? kStates[i % 3] : Application::SUBMITTED);
    return applications_.Insert(unit, application);
  }

  absl::StatusOr<Page<Application>> List(int page_size, const std::string& token,
                                         const std::string& filter, const std::string& order_by) {
    Page<Application> page;
    RETURN_IF_ERROR(InUnit([&](Unit& unit) -> absl::Status {
      ASSIGN_OR_RETURN(page, applications_.List(unit, kParent, page_size, token, filter, order_by));
      return absl::OkStatus();
    }));
    return page;
  }

  std::vector<Application> Joined(int page_size, const std::string& filter,
                                  const std::string& order_by) {
    std::vector<Application> all;
    std::string token;
    do {
      const absl::StatusOr<Page<Application>> page = List(page_size, token, filter, order_by);
      EXPECT_TRUE(page.ok()) << page.status() << filter << order_by;
      if (!page.ok()) break;
      all.insert(all.end(), page->items.begin(), page->items.end());
      token = page->next_page_token;
    } while (!token.empty() && all.size() <= kApplications);
    return all;
  }

  Table<Application> applications_;
};

INSTANTIATE_TEST_SUITE_P(Engines, PageQueryTest, testing::BothEngines(), testing::EngineName);

struct Asked {
  std::string filter;
  std::function<bool(const Application&)> holds;
};

std::vector<Asked> Questions() {
  return {
      {"", [](const Application&) { return true; }},
      {"state = REJECTED", [](const auto& one) { return one.state() == Application::REJECTED; }},
      {"state = REJECTED OR state = WITHDRAWN",
       [](const auto& one) {
         return one.state() == Application::REJECTED || one.state() == Application::WITHDRAWN;
       }},
      {"rank = 2 OR rank = 3", [](const auto& one) { return one.rank() == 2 || one.rank() == 3; }},
      {"state = SUBMITTED AND rank = 0", [](const auto& one) { return one.rank() == 0; }},
      {"candidate = 'schools/nancy/candidates/c-7' AND state = REJECTED",
       [](const auto& one) {
         return one.candidate() == "schools/nancy/candidates/c-7" &&
                one.state() == Application::REJECTED;
       }},
      {absl::Substitute("name = '$0/applications/a-03' OR name = '$0/applications/a-01'", kParent),
       [](const auto& one) {
         return one.name() == absl::StrCat(kParent, "/applications/a-03") ||
                one.name() == absl::StrCat(kParent, "/applications/a-01");
       }},
      {"state != SUBMITTED", [](const auto& one) { return one.state() != Application::SUBMITTED; }},
  };
}

TEST_P(PageQueryTest, PagesJoinInEveryOrder) {
  std::vector<Application> all = Joined(500, "", "");
  ASSERT_EQ(all.size(), kApplications);
  for (const char* order_by : {"", "name desc", "rank", "rank desc", "state", "state desc"}) {
    for (const Asked& asked : Questions()) {
      std::vector<std::string> expected;
      for (const Application& one : all)
        if (asked.holds(one)) expected.push_back(one.name());
      for (int page_size : {1, 2, 7, 500}) {
        const std::vector<Application> found = Joined(page_size, asked.filter, order_by);
        std::vector<std::string> names;
        for (const Application& one : found) names.push_back(one.name());
        const auto key = [&](const Application& one) {
          const std::string rank =
              absl::StartsWith(order_by, "rank") ? absl::StrCat(one.rank()) : "";
          const std::string state =
              absl::StartsWith(order_by, "state") ? Application::State_Name(one.state()) : "";
          return std::tuple(rank, state, one.name());
        };
        const bool descending = absl::StrContains(order_by, "desc");
        EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                                   [&](const auto& a, const auto& b) {
                                     return descending ? key(b) < key(a) : key(a) < key(b);
                                   }))
            << asked.filter << order_by;
        EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(expected))
            << asked.filter << " by " << order_by << ", " << page_size << " a page";
      }
    }
  }
}

TEST_P(PageQueryTest, ARangeIsReadInItsOrder) {
  for (const char* order_by : {"rank", "rank desc"}) {
    for (int page_size : {1, 3, 500}) {
      std::multiset<int> ranks;
      for (const Application& one : Joined(page_size, "rank > 1 AND rank <= 3", order_by))
        ranks.insert(one.rank());
      EXPECT_EQ(ranks.size(), 10u) << order_by;
      EXPECT_EQ(*ranks.begin(), 2);
      EXPECT_EQ(*ranks.rbegin(), 3);
    }
  }
}

TEST_P(PageQueryTest, WhatDoesNotHaveTheFieldIsNotShown) {
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              enrolment::v1::Cohort dated = SomeCohort("dated"), undated = SomeCohort("undated");
              undated.clear_start_date();
              RETURN_IF_ERROR(cohorts_.Insert(unit, dated));
              return cohorts_.Insert(unit, undated);
            }),
            absl::OkStatus());
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              ASSIGN_OR_RETURN(const auto by_name, cohorts_.List(unit, "schools/nancy", 9, "", ""));
              EXPECT_EQ(by_name.items.size(), 2u);
              ASSIGN_OR_RETURN(const auto by_start,
                               cohorts_.List(unit, "schools/nancy", 9, "", "", "start_date"));
              EXPECT_EQ(by_start.items.size(), 1u);
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(PageQueryTest, ATokenServesItsOwnOrderOnly) {
  const std::string by_rank = List(2, "", "", "rank")->next_page_token,
                    by_name = List(2, "", "", "")->next_page_token;
  EXPECT_TRUE(List(2, by_rank, "", "rank").ok());
  for (const auto& [token, order_by] : std::vector<std::pair<std::string, std::string>>{
           {by_rank, ""}, {by_rank, "rank desc"}, {by_rank, "state"}, {by_name, "rank"}})
    EXPECT_EQ(ReasonOf(List(2, token, "", order_by).status()), "INVALID_FIELD") << order_by;
  // One of the caller's own making, with the right query and no place, or a place of another type.
  const std::string query = ChainHash("", {"applications", kParent, "", "rank"}),
                    name = absl::StrCat(kParent, "/x/y");
  EXPECT_TRUE(List(2, PageTokenAfter(&key_, {name, Value(int64_t{1})}, query), "", "rank").ok());
  EXPECT_FALSE(List(2, PageTokenAfter(&key_, {name, std::nullopt}, query), "", "rank").ok());
  EXPECT_FALSE(
      List(2, PageTokenAfter(&key_, {name, Value(std::string("1"))}, query), "", "rank").ok());
}

TEST(PageQueryTextTest, LeadsWithWhatIsRarest) {
  const auto sql = [](const std::string& filter, const std::string& order_by,
                      std::optional<PagePlace> after = std::nullopt) {
    const Schema& schema = Schema::Of(Application::descriptor());
    const Order order = *ParseOrder(schema, order_by);
    return PageQuery(schema, {"nancy", kParent, *ParseOwnFilter(schema, filter), order,
                              std::move(after), 51})
        .sql;
  };
  EXPECT_THAT(sql("state = REJECTED AND candidate = 'x'", ""),
              HasSubstr("(state || '') = $5 AND candidate = $6 ORDER BY name LIMIT 51"));
  EXPECT_THAT(sql("state = REJECTED OR state = WITHDRAWN", "name desc"),
              HasSubstr("state = $5 ORDER BY name DESC LIMIT 51) AS search_1 UNION ALL SELECT"));
  EXPECT_THAT(sql("candidate = 'x'", "rank"),
              HasSubstr("rank >= $5 AND (candidate || '') = $6 ORDER BY rank, name LIMIT 51"));
  EXPECT_THAT(sql("hold = 'x'", ""), HasSubstr("(hold || '') = $5"));  // no index has it
  const PagePlace after{"n", Value(int64_t{7})};
  EXPECT_THAT(sql("rank > 3 AND rank < 9", "rank"), HasSubstr("rank > $5 AND rank < $6"));
  EXPECT_THAT(sql("rank > 3 AND rank < 9", "rank", after),
              HasSubstr("(rank, name) > ($5, $6) AND rank < $7"));
  EXPECT_THAT(sql("rank > 3 AND rank < 9", "rank desc", after),
              HasSubstr("(rank, name) < ($5, $6) AND rank > $7 ORDER BY rank DESC, name DESC"));
}

}  // namespace
}  // namespace vivier::storage
