#include "shared/web/portal/oidc.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"

namespace vivier::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

config::v1::Web Web() {
  config::v1::Web web;
  web.set_session_key_file("key");
  auto& sign_in = *web.mutable_sign_in();
  sign_in.set_authorization_endpoint("https://id.example/auth");
  sign_in.set_token_endpoint("https://id.example/token");
  sign_in.set_client_id("portal & co");
  sign_in.set_redirect_url("https://portal.example/-/signed-in");
  return web;
}

TEST(Oidc, IsConfiguredWholeOrNotAtAll) {
  EXPECT_TRUE(CheckSignIn({}).ok());
  EXPECT_TRUE(CheckSignIn(Web()).ok());
  const auto refuses = [](auto change) {
    config::v1::Web web = Web();
    change(web);
    return absl::IsInvalidArgument(CheckSignIn(web));
  };
  EXPECT_TRUE(refuses([](config::v1::Web& web) { web.clear_session_key_file(); }));
  EXPECT_TRUE(refuses([](config::v1::Web& web) { web.mutable_sign_in()->clear_client_id(); }));
  for (const char* url : {"", "http://id.example/token", "file:/etc/passwd", "ftp://x",
                          "id.example", "https://user:word@id.example/token"}) {
    EXPECT_TRUE(refuses([url](config::v1::Web& web) {
      web.mutable_sign_in()->set_token_endpoint(url);
    })) << url;
    EXPECT_TRUE(refuses([url](config::v1::Web& web) {
      web.mutable_sign_in()->set_redirect_url(url);
    })) << url;
  }
}

TEST(Oidc, SendsAChallengeAndKeepsItsVerifier) {
  const Attempt attempt = NewAttempt(kNow), other = NewAttempt(kNow);
  EXPECT_NE(attempt.state, other.state);
  EXPECT_NE(attempt.verifier, other.verifier);
  const std::string url = AuthorizationUrl(Web().sign_in(), attempt);
  EXPECT_THAT(url, ::testing::StartsWith("https://id.example/auth?response_type=code&"));
  EXPECT_THAT(url, HasSubstr("client_id=portal%20%26%20co"));
  EXPECT_THAT(url, HasSubstr("code_challenge_method=S256"));
  EXPECT_THAT(url, HasSubstr(absl::WebSafeBase64Escape(Sha256(attempt.verifier))));
  EXPECT_THAT(url, Not(HasSubstr(attempt.verifier)));
  const std::string request = signin::Encoded(CodeRequest(Web().sign_in(), "c/d", attempt));
  EXPECT_THAT(request, HasSubstr("code_verifier=" + attempt.verifier));
  EXPECT_THAT(request, HasSubstr("code=c%2fd"));
}

TEST(Oidc, TakesBackWhatItBeganAndNothingElse) {
  const security::Key key = security::Key::Random();
  const Attempt attempt = NewAttempt(kNow);
  const std::string cookie = SealAttempt(key, attempt);
  EXPECT_EQ(UnsealAttempt(key, cookie, attempt.state, kNow)->verifier, attempt.verifier);
  EXPECT_FALSE(UnsealAttempt(key, cookie, "", kNow).ok());
  EXPECT_FALSE(UnsealAttempt(key, cookie, NewAttempt(kNow).state, kNow).ok());
  EXPECT_FALSE(UnsealAttempt(key, "", attempt.state, kNow).ok());
  EXPECT_FALSE(UnsealAttempt(security::Key::Random(), cookie, attempt.state, kNow).ok());
  EXPECT_FALSE(UnsealAttempt(key, cookie, attempt.state, kNow + absl::Minutes(10)).ok());
  // A session is no attempt.
  const std::string session = *Seal(key, {kNow + absl::Hours(1), kNow, "Bearer x", ""});
  EXPECT_FALSE(UnsealAttempt(key, session, attempt.state, kNow).ok());
}

TEST(Oidc, ReadsAFieldOnce) {
  EXPECT_EQ(*FieldOf("a=1&code=x%2Fy&b=2", "code"), "x/y");
  EXPECT_EQ(*FieldOf("xcode=1", "code"), "");
  EXPECT_FALSE(FieldOf("code=1&code=2", "code").ok());
}

TEST(Oidc, MakesASessionOfTheIssuersAnswer) {
  const auto session = [](const std::string& json, bool id_token = false) {
    config::v1::Web web = Web();
    web.mutable_sign_in()->set_shows_id_token(id_token);
    signin::Answer read;
    if (!google::protobuf::util::JsonStringToMessage(json, &read.json).ok()) read.json.Clear();
    return SessionOf(web.sign_in(), read, kNow + absl::Hours(12), kNow);
  };
  const std::string answer =
      R"({"access_token": "a", "id_token": "i", "refresh_token": "r", "expires_in": 60})";
  EXPECT_EQ(session(answer)->authorization, "Bearer a");
  EXPECT_EQ(session(answer, true)->authorization, "Bearer i");
  EXPECT_EQ(session(answer)->refresh_token, "r");
  EXPECT_EQ(session(answer)->token_ends, kNow + absl::Minutes(1));
  EXPECT_EQ(session(R"({"access_token": "a"})")->token_ends, kNow + absl::Minutes(5));
  for (const char* wrong : {"", "[]", "{}", R"({"access_token": 1})", "no JSON"})
    EXPECT_FALSE(session(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace vivier::web
