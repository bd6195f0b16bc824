// The rpcs about parked events, on both engines. That events are parked and applied again in order
// is shown in shared/follow/follower_test.cc; here rows of the table stand for them.
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/support/engines.h"
#include "tests/support/macs.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"

namespace vivier::site {
namespace {

using storage::Access;
using storage::Bytes;
using storage::Value;

class ParkedEventsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ParkedEventsTest() : world_(GetParam()) {
    access::v1::CreateMembershipRequest request;
    request.set_parent("schools/nancy");
    request.set_membership_id("anna");
    request.mutable_membership()->set_subject("https://id.example#anna");
    request.mutable_membership()->add_roles()->set_role("trainer");
    EXPECT_TRUE(world_.Write<access::v1::Membership>(request).ok());
    world_.Settle();
  }

  storage::Result Run(const std::string& service, const std::string& sql,
                      const std::vector<Value>& parameters = {}) {
    const auto database = *storage::Database::Open(world_.DatabaseUrl(service));
    const auto connection = *database->Connect(Access::kWrite);
    EXPECT_EQ(connection->Begin(Access::kWrite), absl::OkStatus());
    const auto result = connection->Query(sql, parameters);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(connection->Commit(), absl::OkStatus());
    return result.ok() ? *result : storage::Result();
  }

  // Funding has set the first event of access aside; of its hash it knows this, or the right
  // one. Of a type that it does not react to, because it has applied that event in truth.
  void Park(const std::string& hash = "") {
    world_.Stop();
    const storage::Row event =
        Run("access", "SELECT hash, subject FROM events WHERE number = 1").rows.at(0);
    Run("funding",
        "INSERT INTO parked_events (school, producer, number, hash, type, subject, reason, "
        "park_time) "
        "VALUES ('nancy', 'access', 1, $1, 'vivier.funding.v1.SeatFunded', $2, 'no such thing', "
        "0)",
        {hash.empty() ? event[0] : Value(Bytes{hash}), event[1]});
    testing::MakeMacs(world_, "funding");
    world_.Start();
  }

  // As many events as that, each of a subject of its own, which no log holds.
  void ParkMany(int count) {
    world_.Stop();
    std::string rows;
    for (int i = 1; i <= count; ++i)
      absl::StrAppend(&rows, i == 1 ? "" : ", ", "('nancy', 'access', ", 1'000'000 + i,
                      ", $1, 'vivier.funding.v1.SeatFunded', 'schools/nancy/s/", i,
                      "', 'no such thing', 0)");
    Run("funding",
        "INSERT INTO parked_events (school, producer, number, hash, type, subject, reason, "
        "park_time) VALUES " +
            rows,
        {Value(Bytes{"h"})});
    testing::MakeMacs(world_, "funding");
    world_.Start();
  }

  // By pages of that size; the most, without one.
  int Parked(int page_size = 0) {
    v1::SearchParkedEventsRequest request;
    request.set_parent("schools/nancy");
    request.set_page_size(page_size);
    std::set<int64_t> numbers;
    do {
      const auto found = world_.Call<v1::SearchParkedEventsResponse>(request);
      EXPECT_TRUE(found.ok()) << found.status();
      if (!found.ok()) return -1;
      EXPECT_LE(found->events_size(), page_size == 0 ? 500 : page_size);
      for (const v1::ParkedEvent& event : found->events())
        EXPECT_TRUE(numbers.insert(event.number()).second) << event.number();
      request.set_page_token(found->next_page_token());
    } while (!request.page_token().empty());
    return static_cast<int>(numbers.size());
  }

  absl::StatusOr<v1::RetryParkedEventsResponse> Retry(const std::string& event,
                                                      const std::string& request_id = "",
                                                      const std::string& page_token = "") {
    v1::RetryParkedEventsRequest request;
    request.set_parent("schools/nancy");
    request.set_event(event);
    request.set_request_id(request_id);
    request.set_page_token(page_token);
    return world_.Write<v1::RetryParkedEventsResponse>(request);
  }

  testing::World world_;
};

INSTANTIATE_TEST_SUITE_P(Engines, ParkedEventsTest, testing::BothEngines(), testing::EngineName);

TEST_P(ParkedEventsTest, AreFoundAndAppliedOnce) {
  EXPECT_EQ(Parked(), 0);
  Park();
  EXPECT_EQ(Parked(), 1);
  const std::string id = world_.NewRequestId();
  auto retried = Retry("funding/access/1", id);
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->applied(), 1);
  EXPECT_EQ(Parked(), 0);
  retried = Retry("", id);
  EXPECT_EQ(ReasonOf(retried.status()), "REQUEST_ID_REUSED");
  retried = Retry("");
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->applied(), 0);
  world_.ExpectInvariants();  // one audit record for the request among them
}

TEST_P(ParkedEventsTest, ALogWithAnotherEventIsNotApplied) {
  Park("of another event");
  const auto retried = Retry("");
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->applied(), 0);
  ASSERT_EQ(retried->parked_size(), 1);
  EXPECT_EQ(retried->parked(0).reason(), "the log does not hold the event that was parked");
  EXPECT_EQ(Parked(), 1);
}

TEST_P(ParkedEventsTest, AreFoundAndTriedPageByPage) {
  ParkMany(1100);
  EXPECT_EQ(Parked(), 1100);
  EXPECT_EQ(Parked(99), 1100);
  int tried = 0, pages = 0;
  std::string next;
  do {
    const auto retried = Retry("", "", next);
    ASSERT_TRUE(retried.ok()) << retried.status();
    tried += retried->parked_size();
    ++pages;
    next = retried->next_page_token();
  } while (!next.empty());
  EXPECT_EQ(tried, 1100);
  EXPECT_EQ(pages, 3);
  const auto one = Retry("funding/access/1000007");
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->parked_size(), 1);
  EXPECT_EQ(ReasonOf(Retry("funding/access/1000007", "", next + "x").status()), "INVALID_FIELD");
}

TEST_P(ParkedEventsTest, WhatIsNotParkedIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(Retry("funding/access/1").status()));
  EXPECT_EQ(ReasonOf(Retry("access").status()), "INVALID_FIELD");
}

}  // namespace
}  // namespace vivier::site
