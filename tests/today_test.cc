// "Today" is the school's civil day, in every service: at half past eleven in the evening of 30
// June, UTC, it is 1 July in Nancy.
#include <set>
#include <string>
#include <utility>

#include "absl/strings/substitute.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/statistics/network/submission.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/time_zones.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier {
namespace {

using testing::World;

class TodayTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  explicit TodayTest(std::set<std::string> services = {})
      : world_(GetParam(), std::move(services)) {}

  void SetUp() override {
    LiveIn("Europe/Paris");
    world_.AdvanceTo(
        absl::FromCivil(absl::CivilSecond(2027, 6, 30, 23, 30, 0), absl::UTCTimeZone()));
  }

  // From the day on, a start_date, if one is given.
  void LiveIn(const std::string& time_zone, const std::string& day = "") {
    Must<access::v1::DatedTimeZone, access::v1::AnnounceTimeZoneRequest>(
        absl::Substitute("parent: 'schools/nancy' time_zone: '$0' $1", time_zone, day));
    world_.Settle();
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const std::string& text) {
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    return world_.Write<Response>(request);
  }
  template <class Response, class Request>
  Response Must(const std::string& text) {
    const absl::StatusOr<Response> response = Ask<Response, Request>(text);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : Response();
  }

  // The refusal of an offer of a company whose partnership holds on these days.
  std::string Publish(const std::string& id, const std::string& days) {
    namespace v1 = partners::v1;
    Must<v1::Partnership, v1::CreatePartnershipRequest>(
        absl::Substitute("parent: 'schools/nancy' partnership_id: '$0' partnership { company: "
                         "'schools/nancy/companies/$1' kind: EMPLOYER $2 }",
                         id, kCompany, days));
    Must<v1::JobOffer, v1::CreateJobOfferRequest>(absl::Substitute(
        "parent: 'schools/nancy' job_offer_id: '$0' job_offer { title: 'Developer' company: "
        "'schools/nancy/companies/$1' rome_code: 'M1805' positions: 1 contract_kind: OPEN_ENDED }",
        id, kCompany));
    return ReasonOf(Ask<v1::JobOffer, v1::PublishJobOfferRequest>(
                        absl::Substitute("name: 'schools/nancy/jobOffers/$0'", id))
                        .status());
  }

  void MakeFunder() {
    Must<funding::v1::Funder, funding::v1::CreateFunderRequest>(
        "parent: 'schools/nancy' funder_id: 'region' funder { title: 'Region' kind: "
        "REGIONAL_COUNCIL }");
  }

  // The day on which a new agreement's ceiling is posted.
  std::string PostingDay(const std::string& agreement) {
    namespace v1 = funding::v1;
    Must<v1::FundingAgreement, v1::CreateFundingAgreementRequest>(absl::Substitute(
        "parent: 'schools/nancy' funding_agreement_id: '$0' funding_agreement { funder: "
        "'schools/nancy/funders/region' title: 'PRF' currency_code: 'EUR' ceiling_cents: 300 "
        "valid_from { year: 2026 month: 1 day: 1 } valid_until { year: 2028 month: 1 day: 1 } }",
        agreement));
    v1::GetJournalEntryRequest get;
    get.set_name(absl::Substitute("schools/nancy/journalEntries/c.$0.1.1", agreement));
    const auto entry = world_.Call<v1::JournalEntry>(get);
    EXPECT_TRUE(entry.ok()) << entry.status();
    return entry.ok() ? DateText(entry->date()) : "";
  }

  // The refusal of figures of a site whose agreement holds on these days.
  std::string Submit(const std::string& site, const std::string& days) {
    namespace v1 = statistics::v1;
    Must<v1::Member, v1::CreateMemberRequest>(absl::Substitute(
        "parent: 'schools/nancy' member_id: '$0' member { title: '$0' $1 }", site, days));
    v1::SubmitCellsRequest request;
    request.set_parent("schools/nancy");
    request.set_site(site);
    request.set_revision(1);
    v1::YearCell& cell = *request.add_cells();
    cell.set_table_id("seats");
    cell.set_year(2026);
    cell.add_dimension_values("opened");
    cell.set_count(48);
    request.set_content_hash(statistics::ContentHash(request.cells()));
    return ReasonOf(world_.Write<v1::Submission>(request).status());
  }

  // When the file of a new candidate is erased, UTC.
  absl::CivilSecond EraseBy(const std::string& id) {
    namespace v1 = enrolment::v1;
    const auto candidate = Must<v1::Candidate, v1::CreateCandidateRequest>(
        absl::Substitute("parent: 'schools/nancy' candidate_id: '$0' candidate { given_name: '$0' "
                         "family_name: 'Durand' email: '$0@example.org' }",
                         id));
    return absl::ToCivilSecond(ToTime(candidate.erase_by()), absl::UTCTimeZone());
  }

  static constexpr char kCompany[] = "73282932000074";
  World world_;
};

TEST_P(TodayTest, APartnershipHoldsOnTheSchoolsDay) {
  Must<partners::v1::Company, partners::v1::CreateCompanyRequest>(absl::Substitute(
      "parent: 'schools/nancy' company_id: '$0' company { title: 'Works' }", kCompany));
  EXPECT_EQ(Publish("over",
                    "start_date { year: 2027 month: 1 day: 1 } "
                    "end_date { year: 2027 month: 6 day: 30 }"),
            "NO_EMPLOYER_PARTNERSHIP");
  EXPECT_EQ(Publish("begins", "start_date { year: 2027 month: 7 day: 1 }"), "");
}

TEST_P(TodayTest, MoneyIsPostedOnTheSchoolsDay) {
  MakeFunder();
  EXPECT_EQ(PostingDay("paris"), "2027-07-01");
  LiveIn("America/Guadeloupe");
  EXPECT_EQ(PostingDay("guadeloupe"), "2027-06-30") << "the time zone changed with this day";
  world_.Advance(absl::Hours(5));
  EXPECT_EQ(PostingDay("next"), "2027-07-01");
  world_.ExpectInvariants();
}

TEST_P(TodayTest, AMembersAgreementHoldsOnTheSchoolsDay) {
  EXPECT_EQ(Submit("over",
                   "agreement_start_date { year: 2026 month: 1 day: 1 } "
                   "agreement_end_date { year: 2027 month: 6 day: 30 }"),
            "NOT_A_MEMBER");
  EXPECT_EQ(Submit("begins", "agreement_start_date { year: 2027 month: 7 day: 1 }"), "");
}

// Said on 1 July, for the day on which the school moves. Until midnight over there, six in the
// morning in Paris, its days are those of Paris.
TEST_P(TodayTest, AMoveIsSaidBeforeAndHoldsFromItsDayInEveryService) {
  Must<partners::v1::Company, partners::v1::CreateCompanyRequest>(absl::Substitute(
      "parent: 'schools/nancy' company_id: '$0' company { title: 'Works' }", kCompany));
  MakeFunder();
  LiveIn("America/Guadeloupe", "start_date { year: 2027 month: 7 day: 10 }");
  const auto live_until = [&](int day, int hour) {
    world_.AdvanceTo(
        absl::FromCivil(absl::CivilSecond(2027, 7, day, hour, 30, 0), absl::UTCTimeZone()));
  };
  live_until(8, 23);
  EXPECT_EQ(PostingDay("before"), "2027-07-09") << "as in Paris";
  EXPECT_EQ(EraseBy("ada"), absl::CivilSecond(2029, 7, 9, 4, 0, 0));
  live_until(10, 23);
  EXPECT_EQ(PostingDay("after"), "2027-07-10") << "in Paris it is the next day";
  EXPECT_EQ(EraseBy("zoe"), absl::CivilSecond(2029, 7, 10, 4, 0, 0));
  const std::string next = "start_date { year: 2027 month: 7 day: 11 }";
  EXPECT_EQ(Publish("next", next), "NO_EMPLOYER_PARTNERSHIP");
  EXPECT_EQ(Submit("next", "agreement_" + next), "NOT_A_MEMBER");
  live_until(11, 4);
  EXPECT_EQ(Publish("now", next), "");
  EXPECT_EQ(Submit("now", "agreement_" + next), "");
  world_.ExpectInvariants();
}

// Kept for 24 months, until the school's midnight.
TEST_P(TodayTest, AFileIsErasedWithTheSchoolsDay) {
  EXPECT_EQ(EraseBy("zoe"), absl::CivilSecond(2029, 6, 30, 22, 0, 0));
}

class NoTimeZoneYetTest : public TodayTest {
 protected:
  void SetUp() override {}  // 7 September, nine in the morning, UTC
};

TEST_P(NoTimeZoneYetTest, CountsInUtcUntilTheTimeZoneArrives) {
  MakeFunder();
  EXPECT_EQ(PostingDay("before"), "2026-09-07");
  LiveIn("Pacific/Pago_Pago");
  EXPECT_EQ(PostingDay("after"), "2026-09-06") << "the first one holds from the beginning";
}

// Which has no enrolment.
class NodeAboveSchoolsTest : public TodayTest {
 protected:
  NodeAboveSchoolsTest() : TodayTest({"access", "statistics"}) {}
};

TEST_P(NodeAboveSchoolsTest, LivesInATimeZoneOfItsOwn) {
  EXPECT_EQ(Submit("begins", "agreement_start_date { year: 2027 month: 7 day: 1 }"), "");
  LiveIn("America/Guadeloupe");
  EXPECT_EQ(Submit("tomorrow", "agreement_start_date { year: 2027 month: 7 day: 1 }"),
            "NOT_A_MEMBER");
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, TodayTest, testing::BothEngines(), testing::EngineName);
INSTANTIATE_TEST_SUITE_P(Engines, NodeAboveSchoolsTest, testing::BothEngines(),
                         testing::EngineName);
INSTANTIATE_TEST_SUITE_P(Engines, NoTimeZoneYetTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier
