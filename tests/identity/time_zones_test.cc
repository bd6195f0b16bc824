// In which time zone a school lives, through the rpcs of access: who may say so, what is refused,
// what becomes of a call that comes twice or at the same time as another, and how it is taken back.
// On both engines.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "tests/identity/asking.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/time_zones.pb.h"

namespace vivier::testing {
namespace {

using access::v1::AnnounceTimeZoneRequest;
using access::v1::DatedTimeZone;
using access::v1::GetDatedTimeZoneRequest;
using access::v1::ListDatedTimeZonesRequest;
using access::v1::ListDatedTimeZonesResponse;

// Said at nine in the morning of 7 September 2026, UTC.
class TimeZonesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  std::string Say(const std::string& request, const std::string& role = "school_director") {
    return Try<AnnounceTimeZoneRequest>(world_, world_.Authorization(World::Person(role)), request);
  }

  static std::string In(const std::string& zone, const std::string& more = "") {
    return absl::Substitute("parent: '$$N' time_zone: '$0' $1", zone, more);
  }

  // "0001-01-01 Europe/Paris; 2026-09-07 Pacific/Auckland"
  std::string Lines(const std::string& role = "school_director") {
    const auto page = Must<ListDatedTimeZonesResponse, ListDatedTimeZonesRequest>(
        world_, "parent: '$N'", World::Person(role));
    return absl::StrJoin(page.dated_time_zones(), "; ", [](std::string* text, const auto& line) {
      absl::StrAppend(text, DateText(line.start_date()), " ", line.time_zone());
    });
  }

  // How many events access has announced.
  int64_t Events() {
    const auto state = world_.site().Verify(World::kSchool, relations::Detail::kEveryClaim);
    EXPECT_TRUE(state.ok()) << state.status();
    for (const site::v1::LogPosition& position : state->positions())
      if (position.service() == "access") return position.event_number();
    ADD_FAILURE() << "no log of access";
    return -1;
  }

  World world_{GetParam()};
};

TEST_P(TimeZonesTest, TheFirstHoldsFromTheBeginningTheNextFromItsDay) {
  EXPECT_EQ(Lines(), "");
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  EXPECT_EQ(Say(In("America/Guadeloupe", "start_date { year: 2027 month: 7 day: 1 }")), "OK");
  EXPECT_EQ(Say(In("Pacific/Auckland", "start_date { year: 2028 month: 9 day: 7 }")), "OK");
  const std::string lines =
      "0001-01-01 Europe/Paris; 2027-07-01 America/Guadeloupe; 2028-09-07 Pacific/Auckland";
  EXPECT_EQ(Lines(), lines);
  world_.ExpectInvariants();
  world_.Restart();
  EXPECT_EQ(Lines("trainer"), lines);
  const auto line = Must<DatedTimeZone, GetDatedTimeZoneRequest>(
      world_, "name: '$N/datedTimeZones/2027-07-01'", World::Person("auditor"));
  EXPECT_EQ(line.time_zone(), "America/Guadeloupe");
  EXPECT_EQ(ToTime(line.create_time()), world_.now());
}

TEST_P(TimeZonesTest, WhatIsRefusedChangesNothing) {
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  constexpr char kInvalid[] = "INVALID_ARGUMENT INVALID_FIELD";
  for (const std::string& request :
       {In("Europe/Atlantis"), In("localtime"), In(""), In("../passwd"),
        In("Pacific/Auckland", "start_date { year: 2026 month: 9 day: 6 }"),
        In("Pacific/Auckland", "start_date { year: 1 month: 1 day: 1 }"),
        In("Pacific/Auckland", "start_date { year: 2027 month: 2 day: 30 }"),
        In("Pacific/Auckland", "start_date { year: 2028 month: 9 day: 8 }"),
        In("Pacific/Auckland", "request_id: 'again'")})
    EXPECT_EQ(Say(request), kInvalid) << request;
  EXPECT_EQ(Say("parent: 'schools/metz' time_zone: 'Pacific/Auckland'"), kDenied);
  for (const char* role : {"admissions_officer", "trainer", "auditor", "operator", "partner",
                           "candidate", "network_coordinator"})
    EXPECT_EQ(Say(In("Pacific/Auckland"), role), kDenied) << role;
  EXPECT_EQ(Say(In("Pacific/Auckland", "validate_only: true")), "OK");
  EXPECT_EQ(Try<ListDatedTimeZonesRequest>(world_, world_.Authorization(World::Person("assessor")),
                                           "parent: '$N'"),
            kDenied);
  EXPECT_EQ(Lines(), "0001-01-01 Europe/Paris");
  EXPECT_EQ(Events(), 1);
  world_.ExpectInvariants();
}

TEST_P(TimeZonesTest, TodayIsThatOfTheNewTimeZone) {
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  const std::string yesterday = "start_date { year: 2026 month: 9 day: 6 }";
  EXPECT_EQ(Say(In("Europe/London", yesterday)), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(Say(In("Pacific/Pago_Pago", yesterday)), "OK") << "ten in the evening of it";
  EXPECT_EQ(Lines(), "0001-01-01 Europe/Paris; 2026-09-06 Pacific/Pago_Pago");
  world_.ExpectInvariants();
}

TEST_P(TimeZonesTest, OneRequestIsDoneOnce) {
  const std::string id = absl::Substitute(" request_id: '$0'", world_.NewRequestId());
  const auto first = Must<DatedTimeZone, AnnounceTimeZoneRequest>(world_, In("Europe/Paris") + id);
  world_.Restart();
  const auto again = Must<DatedTimeZone, AnnounceTimeZoneRequest>(world_, In("Europe/Paris") + id);
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(Say(In("Pacific/Auckland") + id), "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_EQ(Events(), 1);
  EXPECT_EQ(Lines(), "0001-01-01 Europe/Paris");
}

TEST_P(TimeZonesTest, WhatIsSoAlreadyIsNotAnnouncedAgain) {
  const auto first = Must<DatedTimeZone, AnnounceTimeZoneRequest>(world_, In("Europe/Paris"));
  world_.Advance(absl::Hours(48));
  const auto again = Must<DatedTimeZone, AnnounceTimeZoneRequest>(
      world_, In("Europe/Paris", "start_date { year: 2027 month: 1 day: 1 }"));
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(Events(), 1);
}

// The school's writer puts them one after the other, and everybody follows in that order.
TEST_P(TimeZonesTest, OfManyAtOnceTheLastOneHolds) {
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  const std::vector<std::string> zones = {"Europe/London",  "Europe/Rome",   "Pacific/Auckland",
                                          "Africa/Abidjan", "Asia/Tokyo",    "America/Cayenne",
                                          "Indian/Reunion", "Indian/Mayotte"};
  const std::string day = "start_date { year: 2026 month: 10 day: 1 }";
  std::vector<std::thread> callers;
  for (const std::string& zone : zones)
    callers.emplace_back([&, zone] { EXPECT_EQ(Say(In(zone, day)), "OK") << zone; });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Events(), 1 + static_cast<int64_t>(zones.size()));
  const auto page =
      Must<ListDatedTimeZonesResponse, ListDatedTimeZonesRequest>(world_, "parent: '$N'");
  ASSERT_EQ(page.dated_time_zones_size(), 2);
  EXPECT_EQ(page.dated_time_zones(1).etag(), absl::StrCat(zones.size()));
  world_.ExpectInvariants();
}

TEST_P(TimeZonesTest, IsTakenBackOnTheSameDay) {
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  EXPECT_EQ(Say(In("America/Guadeloupe")), "OK");
  EXPECT_EQ(Lines(), "0001-01-01 Europe/Paris; 2026-09-07 America/Guadeloupe");
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  EXPECT_EQ(Lines(), "0001-01-01 Europe/Paris; 2026-09-07 Europe/Paris");
  world_.ExpectInvariants();
}

TEST_P(TimeZonesTest, WhatIsToComeIsWithdrawnFromAnEarlierDay) {
  EXPECT_EQ(Say(In("Europe/Paris")), "OK");
  EXPECT_EQ(Say(In("America/Guadeloupe", "start_date { year: 2026 month: 10 day: 1 }")), "OK");
  EXPECT_EQ(Say(In("Pacific/Auckland", "start_date { year: 2026 month: 11 day: 1 }")), "OK");
  EXPECT_EQ(Say(In("Europe/Paris", "start_date { year: 2026 month: 9 day: 20 }")), "OK");
  EXPECT_EQ(Lines(), "0001-01-01 Europe/Paris; 2026-09-20 Europe/Paris");
  EXPECT_EQ(Try<GetDatedTimeZoneRequest>(world_, world_.Authorization(World::Person()),
                                         "name: '$N/datedTimeZones/2026-10-01'"),
            "NOT_FOUND NOT_FOUND");
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, TimeZonesTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
