// Sessions of the portal as access keeps them: everybody sees and ends their own, whoever may
// change memberships anybody's. On both engines.
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/identity/asking.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"

namespace vivier::testing {
namespace {

using namespace access::v1;  // NOLINT: the requests of one service, and little else

constexpr char kNone[] = "NOT_FOUND NOT_FOUND";

class PortalSessionsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  PortalSessionsTest() : world_(GetParam(), &TrustForeignIssuer) {}

  std::string By(const std::string& person) {
    return person == "director" ? world_.Authorization(World::Person())
                                : ForeignToken(person, world_.now());
  }

  template <class Request>
  std::string As(const std::string& person, const std::string& text) {
    return Try<Request>(world_, By(person), text);
  }
  void Open(const std::string& person, const std::string& id) {
    const auto session = Ask<PortalSession, OpenPortalSessionRequest>(
        world_, By(person),
        "parent: '$N' portal_session { device: 'Firefox, Linux' network: '192.0.2.0/24' }");
    ASSERT_EQ(session.status(), absl::OkStatus());
    names_[id] = session->name();
  }
  std::string Check(const std::string& person, const std::string& id) {
    return As<CheckPortalSessionRequest>(person, Named(id));
  }
  std::string End(const std::string& person, const std::string& id) {
    return As<EndPortalSessionRequest>(person, Named(id));
  }
  std::string Named(const std::string& id) { return absl::Substitute("name: '$0'", names_.at(id)); }
  // What the person is shown, as the ids of this test.
  std::string List(const std::string& person, const std::string& filter = "") {
    const auto response = Ask<ListPortalSessionsResponse, ListPortalSessionsRequest>(
        world_, By(person), absl::StrCat("parent: '$N' filter: '", filter, "'"));
    if (!response.ok()) return ReasonOf(response.status());
    std::set<std::string> shown;
    for (const PortalSession& session : response->portal_sessions()) shown.insert(session.name());
    std::string ids;
    for (const auto& [id, name] : names_)
      if (shown.erase(name) > 0) absl::StrAppend(&ids, ids.empty() ? "" : " ", id);
    EXPECT_TRUE(shown.empty());
    return ids;
  }

  World world_;
  std::map<std::string, std::string> names_;  // of sessions, by the id that a test calls each
};

TEST_P(PortalSessionsTest, EverybodySeesAndEndsTheirOwn) {
  Open("zoe", "z1");
  Open("zoe", "z2");
  Open("yan", "y1");
  EXPECT_EQ(List("zoe"), "z1 z2");
  EXPECT_EQ(List("yan"), "y1");
  EXPECT_EQ(Check("zoe", "z1"), "OK");
  EXPECT_EQ(Check("zoe", "y1"), kNone);
  EXPECT_EQ(End("zoe", "y1"), kNone);
  EXPECT_EQ(End("zoe", "z1"), "OK");
  EXPECT_EQ(Check("zoe", "z1"), kNone);
  EXPECT_EQ(As<UsePortalSessionRequest>("zoe", Named("z1")), kNone);
  EXPECT_EQ(As<UsePortalSessionRequest>("zoe", Named("y1")), kNone);
  EXPECT_EQ(As<UsePortalSessionRequest>("zoe", Named("z2")), "OK");
  world_.ExpectInvariants();
}

TEST_P(PortalSessionsTest, AFilterShowsNobodyElse) {
  Open("zoe", "z1");
  Open("yan", "y1");
  EXPECT_EQ(List("zoe", absl::StrCat("subject = \"", ForeignSubject("yan"), "\"")), "");
  EXPECT_EQ(List("zoe", absl::StrCat("subject = \"", ForeignSubject("yan"), "\" OR subject = \"",
                                     ForeignSubject("zoe"), "\"")),
            "z1");
  EXPECT_EQ(List("zoe", absl::StrCat("name = \"", names_["y1"], "\"")), "");
}

TEST_P(PortalSessionsTest, TheHeadSeesAndEndsEverybodys) {
  Open("zoe", "z1");
  Open("zoe", "z2");
  Open("yan", "y1");
  EXPECT_EQ(List("director"), "y1 z1 z2");
  EXPECT_EQ(List("director", absl::StrCat("subject = \"", ForeignSubject("zoe"), "\"")), "z1 z2");
  const std::string all = absl::Substitute("parent: '$$N' subject: '$0'", ForeignSubject("zoe"));
  EXPECT_EQ(As<EndPortalSessionsRequest>("yan", all), kDenied);
  EXPECT_EQ(List("director"), "y1 z1 z2");
  EXPECT_EQ(As<EndPortalSessionsRequest>("director", all), "OK");
  EXPECT_EQ(List("director"), "y1");
  EXPECT_EQ(End("director", "y1"), "OK");
  EXPECT_EQ(Check("yan", "y1"), kNone);
  world_.ExpectInvariants();
}

TEST_P(PortalSessionsTest, WhoEndsAllMayKeepTheOneInHand) {
  for (const char* id : {"z1", "z2", "z3"}) Open("zoe", id);
  Open("yan", "y1");
  EXPECT_EQ(As<EndPortalSessionsRequest>(
                "zoe", absl::Substitute("parent: '$$N' except: '$0'", names_["z2"])),
            "OK");
  EXPECT_EQ(List("zoe"), "z2");
  EXPECT_EQ(As<EndPortalSessionsRequest>("zoe", "parent: '$N'"), "OK");
  EXPECT_EQ(List("zoe"), "");
  EXPECT_EQ(List("yan"), "y1");
}

// Whoever holds a copy of the cookie may open sessions of that person as long as it lives.
TEST_P(PortalSessionsTest, WhatHasEndedDoesNotComeBack) {
  Open("zoe", "z1");
  const std::string ended = names_["z1"];
  EXPECT_EQ(End("zoe", "z1"), "OK");
  EXPECT_EQ(As<OpenPortalSessionRequest>(
                "zoe", absl::Substitute("parent: '$$N' portal_session { name: '$0' }", ended)),
            "OK");
  EXPECT_EQ(Check("zoe", "z1"), kNone);
}

TEST_P(PortalSessionsTest, OneMoreThanTwentyEndsTheOldest) {
  for (int i = 0; i < 21; ++i) {
    Open("zoe", absl::StrCat("z", i));
    world_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Check("zoe", "z0"), kNone);
  EXPECT_EQ(Check("zoe", "z1"), "OK");
  EXPECT_EQ(Check("zoe", "z20"), "OK");
}

TEST_P(PortalSessionsTest, EndsByItselfAfterTwelveHours) {
  Open("zoe", "z1");
  world_.Advance(absl::Hours(12) - absl::Seconds(1));
  EXPECT_EQ(Check("zoe", "z1"), "OK");
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(Check("zoe", "z1"), kNone);
  EXPECT_EQ(List("director"), "");
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, PortalSessionsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
