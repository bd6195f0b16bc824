#include "shared/web/portal/session.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/web/portal/cookies.h"

namespace vivier::web {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Session Some() {
  return {kNow + kSessionLife,
          kNow + absl::Minutes(5),
          "Bearer token",
          "renewing",
          "schools/nancy/portalSessions/1",
          "OWN_DATA",
          "schools/nancy/candidates/1"};
}

TEST(Session, OpensAsItWasSealed) {
  const security::Key key = security::Key::Random();
  const absl::StatusOr<std::string> cookie = Seal(key, Some());
  ASSERT_TRUE(cookie.ok()) << cookie.status();
  EXPECT_EQ(cookie->find("token"), std::string::npos);
  const absl::StatusOr<Session> session = Unseal(key, *cookie, kNow);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(session->authorization, "Bearer token");
  EXPECT_EQ(session->refresh_token, "renewing");
  EXPECT_EQ(session->name, "schools/nancy/portalSessions/1");
  EXPECT_EQ(session->purpose, "OWN_DATA");
  EXPECT_EQ(session->resource, "schools/nancy/candidates/1");
  EXPECT_EQ(session->ends, Some().ends);
  EXPECT_EQ(session->token_ends, Some().token_ends);
}

TEST(Session, IsNobodysWhereItWasNotMadeHere) {
  const security::Key key = security::Key::Random();
  const std::string cookie = *Seal(key, Some());
  EXPECT_FALSE(Unseal(security::Key::Random(), cookie, kNow).ok());
  for (size_t i = 0; i < cookie.size(); i += 7) {
    std::string changed = cookie;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Unseal(key, changed, kNow).ok()) << i;
  }
  for (const std::string& wrong :
       {std::string(), std::string("x"), cookie + "=", cookie + "A", cookie.substr(1),
        SealTexts(key, "another purpose", {"1"}), SealTexts(key, "vivier web session", {"1", "2"})})
    EXPECT_EQ(ReasonOf(Unseal(key, wrong, kNow).status()), "TOKEN_INVALID") << wrong;
}

TEST(Session, Ends) {
  const security::Key key = security::Key::Random();
  const std::string cookie = *Seal(key, Some());
  EXPECT_TRUE(Unseal(key, cookie, kNow + kSessionLife - absl::Seconds(1)).ok());
  EXPECT_FALSE(Unseal(key, cookie, kNow + kSessionLife).ok());
}

TEST(Session, FitsACookieOrSaysSo) {
  const security::Key key = security::Key::Random();
  Session session = Some();
  session.refresh_token = std::string(3000, 'r');
  const absl::StatusOr<std::string> without = Seal(key, session);
  ASSERT_TRUE(without.ok());
  EXPECT_LE(without->size(), kCookieBytesMax);
  session.refresh_token = "short";
  EXPECT_EQ(Unseal(key, *Seal(key, session), kNow)->refresh_token, "short");
  session.refresh_token = std::string(3000, 'r');
  EXPECT_EQ(Unseal(key, *without, kNow)->refresh_token.size(), without->size() > 3000 ? 3000U : 0U);
  session.authorization = std::string(4000, 't');
  EXPECT_EQ(ReasonOf(Seal(key, session).status()), "REQUEST_TOO_LARGE");
  session.authorization = "a\nb";
  EXPECT_FALSE(Seal(key, session).ok());
}

}  // namespace
}  // namespace vivier::web
