// A funder with thousands of drafts that it may not see: its lists work, show what is its own, and
// read no more than with a few hundred. On both engines.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/walls/draft_heap.h"

namespace vivier::testing {
namespace {

using namespace funding::v1;  // NOLINT: the requests of one service, and little else
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kFew = 150, kMany = 1300;

class DraftsTest : public ::testing::TestWithParam<storage::Engine> {};

TEST_P(DraftsTest, NoListReadsMoreBecauseThereAreMoreDrafts) {
  DraftHeap few(GetParam(), kFew), many(GetParam(), kMany);
  few.service().Execute("ANALYZE");
  many.service().Execute("ANALYZE");
  for (const DraftHeap::Act& act : DraftHeap::Acts()) {
    for (DraftHeap* heap : {&few, &many}) heap->service().rolls_back = true;
    act.run(few);
    const int64_t work = few.service().WorkOfLastCall();
    act.run(many);
    EXPECT_GT(work, 0) << act.name;
    EXPECT_LE(many.service().WorkOfLastCall(), work + work / 4) << act.name;
  }
}

TEST_P(DraftsTest, PagesShowAFunderAllThatIsItsOwnOnceAndNoDraft) {
  DraftHeap heap(GetParam(), kMany);
  heap.ActForFunder();
  for (const int page_size : {1, 7, 500}) {
    std::set<std::string> seen;
    ListEarningsRequest request;
    request.set_parent("schools/nancy");
    request.set_page_size(page_size);
    int pages = 0;
    do {
      const auto page = heap.service().Ask<ListEarningsResponse>(request);
      ASSERT_EQ(page.status(), absl::OkStatus());
      EXPECT_LE(page->earnings_size(), page_size);
      for (const Earning& earning : page->earnings()) {
        EXPECT_TRUE(seen.insert(earning.name()).second) << earning.name();
        EXPECT_EQ(earning.funder(), "schools/nancy/funders/region");
        EXPECT_THAT(earning.invoice(), Not(HasSubstr("/draft-")));
      }
      request.set_page_token(page->next_page_token());
      ASSERT_LT(++pages, 1000);
    } while (!request.page_token().empty());
    EXPECT_EQ(seen.size(), DraftHeap::kOpen + DraftHeap::kIssued * DraftHeap::kLines);
  }
}

TEST_P(DraftsTest, ATokenIsOfItsFunderAndFilter) {
  DraftHeap heap(GetParam(), 10);
  heap.ActForFunder();
  ListEarningsRequest request;
  request.set_parent("schools/nancy");
  request.set_page_size(3);
  request.set_page_token(heap.service().Ask<ListEarningsResponse>(request)->next_page_token());
  request.set_filter("invoice = \"\"");
  EXPECT_EQ(ReasonOf(heap.service().Ask<ListEarningsResponse>(request).status()), "INVALID_FIELD");
  request.set_filter("");
  heap.service().caller.acts_for = "schools/nancy/funders/opco";
  EXPECT_EQ(ReasonOf(heap.service().Ask<ListEarningsResponse>(request).status()), "INVALID_FIELD");
}

TEST_P(DraftsTest, FiltersAFundersOwn) {
  DraftHeap heap(GetParam(), kMany);
  heap.ActForFunder();
  ListEarningsRequest request;
  request.set_parent("schools/nancy");
  request.set_page_size(500);
  const auto found = [&](const std::string& filter) {
    request.set_filter(filter);
    int earnings = 0;
    do {
      const auto page = heap.service().Ask<ListEarningsResponse>(request);
      EXPECT_EQ(page.status(), absl::OkStatus());
      if (!page.ok()) break;
      earnings += page->earnings_size();
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return earnings;
  };
  const std::string issued = "invoice = \"schools/nancy/invoices/issued-2\"",
                    draft = "invoice = \"schools/nancy/invoices/draft-2\"";
  EXPECT_EQ(found(issued), DraftHeap::kLines);
  EXPECT_EQ(found(draft), 0);
  EXPECT_EQ(found(draft + " OR " + issued), DraftHeap::kLines);
  request.set_page_token("");
  request.set_filter("invoice != \"\"");
  EXPECT_EQ(ReasonOf(heap.service().Ask<ListEarningsResponse>(request).status()), "INVALID_FIELD");
}

TEST_P(DraftsTest, ShowsTheLinesOfADraftOnceItIsIssued) {
  DraftHeap heap(GetParam(), 3);
  IssueInvoiceRequest issue;
  issue.set_name("schools/nancy/invoices/draft-2");
  issue.mutable_issue_date()->set_year(2027);
  issue.mutable_issue_date()->set_month(1);
  issue.mutable_issue_date()->set_day(2);
  ASSERT_EQ(heap.service().Ask<Invoice>(issue).status(), absl::OkStatus());
  heap.ActForFunder();
  ListEarningsRequest request;
  request.set_parent("schools/nancy");
  request.set_page_size(500);
  const auto page = heap.service().Ask<ListEarningsResponse>(request);
  ASSERT_EQ(page.status(), absl::OkStatus());
  EXPECT_EQ(page->earnings_size(), DraftHeap::kOpen + DraftHeap::kIssued * DraftHeap::kLines + 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, DraftsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
