// What a funder sees of a school's money: its own, whatever way it asks, and of nobody's file more
// than the lines of its invoices show. On both engines.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/invariants/school.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::testing {
namespace {

using namespace funding::v1;  // NOLINT: the requests of one service, and little else
using access::v1::CreateMembershipRequest;
using access::v1::Membership;
using ::testing::Each;

class FundersTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // The region pays for what was taught and has an invoice; the other funder has an agreement and
  // no more.
  FundersTest() : world_(GetParam(), &TrustForeignIssuer) {
    School(world_).Build();
    Must<Funder, CreateFunderRequest>(
        world_, "parent: '$N' funder_id: 'opco' funder { title: 'OPCO' kind: OPCO }");
    Must<FundingAgreement, CreateFundingAgreementRequest>(
        world_,
        "parent: '$N' funding_agreement_id: 'opco-1' funding_agreement { funder: '$N/funders/opco' "
        "title: 'POE' "
        "currency_code: 'EUR' ceiling_cents: 100000 valid_from { year: 2026 month: 1 day: 1 } "
        "valid_until { year: 2027 month: 12 day: 31 } }");
    Must<Invoice, CreateInvoiceRequest>(
        world_,
        "parent: '$N' invoice_id: 'i-1' invoice { funding_agreement: '$N/fundingAgreements/prf' "
        "until_date { year: 2026 month: 9 day: 30 } }");
    for (const char* funder : {"region", "opco", "metz"})
      Must<Membership, CreateMembershipRequest>(
          world_, absl::Substitute(
                      "parent: '$$N' membership_id: '$0' membership { subject: '$1' roles { role: "
                      "'funder' funder: '$$N/funders/$0' } }",
                      funder, ForeignSubject(funder)));
    earning_ =
        Must<ListEarningsResponse, ListEarningsRequest>(world_, "parent: '$N'").earnings(0).name();
    world_.Settle();
  }

  void IssueAndPay() {
    Must<Invoice, IssueInvoiceRequest>(
        world_, "name: '$N/invoices/i-1' issue_date { year: 2026 month: 10 day: 1 }");
    Must<Invoice, RecordPaymentRequest>(
        world_,
        "name: '$N/invoices/i-1' payment_id: 'p-1' amount_cents: 1 value_date { "
        "year: 2026 month: 10 day: 20 } reference: 'x'");
  }

  std::string As(const std::string& funder) { return ForeignToken(funder, world_.now()); }

  // What becomes of getting each thing that is the region's, or of the same with `id` in the place
  // of its own.
  std::vector<std::string> Gets(const std::string& token, const std::string& id = "") {
    const auto name = [&id](const std::string& collection, const std::string& own,
                            const std::string& below = "") {
      return absl::StrCat("name: '$N/", collection, "/", id.empty() ? own : id, below, "'");
    };
    return {
        Try<GetFunderRequest>(world_, token, name("funders", "region")),
        Try<GetFundingAgreementRequest>(world_, token, name("fundingAgreements", "prf")),
        Try<GetAgreementBalanceRequest>(world_, token,
                                        name("fundingAgreements", "prf", "/balance")),
        Try<GetEarningRequest>(world_, token,
                               name("earnings", earning_.substr(earning_.rfind('/') + 1))),
        Try<GetInvoiceRequest>(world_, token, name("invoices", "i-1")),
        Try<GetPaymentRequest>(world_, token, name("invoices", "i-1", "/payments/p-1")),
        Try<ListInvoiceLinesRequest>(world_, token, "parent" + name("invoices", "i-1").substr(4)),
        Try<ListPaymentsRequest>(world_, token, "parent" + name("invoices", "i-1").substr(4))};
  }

  template <class Response, class Request>
  Response List(const std::string& token, const std::string& more = "") {
    const auto response = Ask<Response, Request>(world_, token, "parent: '$N' " + more);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : Response();
  }

  World world_;
  std::string earning_;
};

TEST_P(FundersTest, EachGetsItsOwnAndAnothersIsLikeWhatThereIsNot) {
  IssueAndPay();
  EXPECT_THAT(Gets(world_.Authorization(World::Person())), Each("OK"));  // whoever saw it before
  EXPECT_THAT(Gets(As("region")), Each("OK"));
  EXPECT_THAT(Gets(As("opco")), Each(kDenied));
  EXPECT_THAT(Gets(As("metz")), Each(kDenied));  // of whom the school has never heard
  EXPECT_THAT(Gets(As("region"), "none"), Each(kDenied));
  EXPECT_THAT(Gets(As("nobody")), Each(kDenied));
  world_.ExpectInvariants();
}

TEST_P(FundersTest, ListsShowEachItsOwnWhateverTheFilter) {
  IssueAndPay();
  for (const std::string who : {"region", "opco"}) {
    for (const char* more : {"", "order_by: 'valid_until desc'", "filter: \"state = ACTIVE\""}) {
      const auto agreements =
          List<ListFundingAgreementsResponse, ListFundingAgreementsRequest>(As(who), more);
      ASSERT_EQ(agreements.funding_agreements_size(), 1) << more;
      EXPECT_EQ(agreements.funding_agreements(0).funder(), "schools/nancy/funders/" + who);
    }
  }
  EXPECT_EQ((List<ListInvoicesResponse, ListInvoicesRequest>(As("region"))).invoices_size(), 1);
  EXPECT_EQ((List<ListInvoicesResponse, ListInvoicesRequest>(As("opco"))).invoices_size(), 0);
  EXPECT_GT((List<ListEarningsResponse, ListEarningsRequest>(As("region"))).earnings_size(), 0);
  EXPECT_EQ((List<ListEarningsResponse, ListEarningsRequest>(As("opco"))).earnings_size(), 0);
  EXPECT_EQ((List<ListEarningsResponse, ListEarningsRequest>(As("metz"))).earnings_size(), 0);
  EXPECT_EQ(Try<ListEarningsRequest>(world_, As("region"), "parent: '$N' order_by: 'date'"),
            "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(Try<ListInvoicesRequest>(world_, As("region"), "parent: '$N' order_by: 'state'"),
            "INVALID_ARGUMENT INVALID_FIELD");
  for (const char* filter :
       {"name = '') OR (name = ''", "OR name = ''", "name = '' OR", "name = 'x", "name != 'x'",
        "funding_agreement = 'x' OR invoice = ''", "funding_agreement != 'x'"})
    EXPECT_EQ(Try<ListEarningsRequest>(world_, As("opco"),
                                       absl::StrCat("parent: '$N' filter: \"", filter, "\"")),
              "INVALID_ARGUMENT INVALID_FIELD")
        << filter;
}

TEST_P(FundersTest, PagesJoinWithoutAGap) {
  IssueAndPay();
  const auto all = List<ListEarningsResponse, ListEarningsRequest>(As("region"));
  std::string token;
  int read = 0;
  do {
    const auto page = List<ListEarningsResponse, ListEarningsRequest>(
        As("region"), absl::Substitute("page_size: 2 page_token: '$0'", token));
    for (const Earning& earning : page.earnings())
      EXPECT_EQ(earning.name(), all.earnings(read++).name());
    token = page.next_page_token();
  } while (!token.empty());
  EXPECT_EQ(read, all.earnings_size());
  EXPECT_GT(read, 2);
}

TEST_P(FundersTest, ADraftIsTheSchoolsOwnAndSoIsWhatItAsksFor) {
  EXPECT_EQ(Try<GetInvoiceRequest>(world_, As("region"), "name: '$N/invoices/i-1'"), kDenied);
  EXPECT_EQ(Try<ListInvoiceLinesRequest>(world_, As("region"), "parent: '$N/invoices/i-1'"),
            kDenied);
  EXPECT_EQ(Try<ListPaymentsRequest>(world_, As("region"), "parent: '$N/invoices/i-1'"), kDenied);
  EXPECT_EQ((List<ListInvoicesResponse, ListInvoicesRequest>(As("region"))).invoices_size(), 0);
  for (const char* more : {"", "filter: \"invoice = 'schools/nancy/invoices/i-1'\""}) {
    const auto shown = List<ListEarningsResponse, ListEarningsRequest>(As("region"), more);
    for (const Earning& earning : shown.earnings()) EXPECT_EQ(earning.invoice(), "");
  }
  EXPECT_EQ(Try<GetEarningRequest>(world_, As("region"), absl::StrCat("name: '", earning_, "'")),
            kDenied);
}

TEST_P(FundersTest, NothingElseOfTheSchoolIsShownAndNothingIsChanged) {
  const std::string region = As("region");
  EXPECT_EQ(Try<ListFundersRequest>(world_, region, "parent: '$N'"), kDenied);
  EXPECT_EQ(Try<ListReservationsRequest>(world_, region, "parent: '$N'"), kDenied);
  EXPECT_EQ(Try<ListFundingPlansRequest>(world_, region, "parent: '$N'"), kDenied);
  EXPECT_EQ(Try<ListJournalEntriesRequest>(world_, region, "parent: '$N'"), kDenied);
  EXPECT_EQ(Try<ListFindingsRequest>(world_, region, "parent: '$N'"), kDenied);
  EXPECT_EQ(
      Try<IssueInvoiceRequest>(
          world_, region, "name: '$N/invoices/i-1' issue_date { year: 2026 month: 10 day: 1 }"),
      kDenied);
  EXPECT_EQ(Try<CloseFundingAgreementRequest>(world_, region, "name: '$N/fundingAgreements/prf'"),
            kDenied);
  EXPECT_EQ(Try<enrolment::v1::GetCandidateRequest>(world_, region, "name: '$N/candidates/ada'"),
            kDenied);
  EXPECT_EQ(Try<enrolment::v1::ListLearnersRequest>(world_, region, "parent: '$N/cohorts/ai-1'"),
            kDenied);
}

INSTANTIATE_TEST_SUITE_P(Engines, FundersTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
