// Sessions of the portal as access keeps them: everybody sees and ends their own, whoever may
// change memberships anybody's. On both engines.
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
    EXPECT_EQ(As<OpenPortalSessionRequest>(
                  person, absl::Substitute("parent: '$$N' portal_session_id: '$0' portal_session { "
                                           "device: 'Firefox, Linux' network: '192.0.2.0/24' }",
                                           id)),
              "OK");
  }
  std::string Check(const std::string& person, const std::string& id) {
    return As<CheckPortalSessionRequest>(person, Named(id));
  }
  std::string End(const std::string& person, const std::string& id) {
    return As<EndPortalSessionRequest>(person, Named(id));
  }
  static std::string Named(const std::string& id) {
    return absl::Substitute("name: '$$N/portalSessions/$0'", id);
  }
  // What the person is shown, as ids.
  std::string List(const std::string& person, const std::string& filter = "") {
    const auto response = Ask<ListPortalSessionsResponse, ListPortalSessionsRequest>(
        world_, By(person), absl::StrCat("parent: '$N' filter: '", filter, "'"));
    if (!response.ok()) return ReasonOf(response.status());
    std::string ids;
    for (const PortalSession& session : response->portal_sessions())
      absl::StrAppend(&ids, ids.empty() ? "" : " ",
                      session.name().substr(session.name().rfind('/') + 1));
    return ids;
  }

  World world_;
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
  EXPECT_EQ(List("zoe", "name = \"schools/nancy/portalSessions/y1\""), "");
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
  EXPECT_EQ(As<EndPortalSessionsRequest>("zoe", "parent: '$N' except: '$N/portalSessions/z2'"),
            "OK");
  EXPECT_EQ(List("zoe"), "z2");
  EXPECT_EQ(As<EndPortalSessionsRequest>("zoe", "parent: '$N'"), "OK");
  EXPECT_EQ(List("zoe"), "");
  EXPECT_EQ(List("yan"), "y1");
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
