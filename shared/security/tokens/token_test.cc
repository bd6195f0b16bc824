#include "shared/security/tokens/token.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

constexpr uint32_t kNow = 1'795'000'000;
const absl::Time kTime = absl::FromUnixSeconds(kNow);

v1::TokenClaims GoodClaims() {
  v1::TokenClaims claims;
  claims.set_iss("https://issuer.example");
  claims.add_aud("vivier");
  claims.set_sub("advisers/7");
  claims.set_iat(kNow - 60);
  claims.set_exp(kNow + 600);
  claims.set_kind("person");
  claims.add_roles("admissions_officer");
  claims.add_schools("nancy");
  return claims;
}

TokenIssuer NewIssuer() { return *TokenIssuer::Ephemeral(); }

const TokenIssuer& Issuer() {
  static const TokenIssuer issuer = NewIssuer();
  return issuer;
}

std::string KeyId() { return Issuer().keys().begin()->first; }
EVP_PKEY& SigningKey() {
  static const KeySet keys = Issuer().keys();
  return *keys.begin()->second.key;
}

constexpr char kIssuer[] = "https://issuer.example";

std::vector<TrustedIssuer> Trusting(const KeySet& keys) {
  return {{kIssuer, "vivier", keys, false}};
}

// Why the token is refused, "" when it is not.
std::string CauseOf(TokenVerifier& verifier, const std::string& token, absl::Time now = kTime) {
  return std::string(verifier.Examine(token, now).status().message());
}

// A token of any header and claims, signed properly with the trusted key.
std::string Signed(const std::string& header, const std::string& claims) {
  const std::string text =
      absl::StrCat(absl::WebSafeBase64Escape(header), ".", absl::WebSafeBase64Escape(claims));
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(SignEd25519(SigningKey(), text)));
}

std::string GoodHeader() { return absl::StrCat(R"({"alg":"EdDSA","kid":")", KeyId(), R"("})"); }

// The claims of a good token as JSON, with one member replaced: {"exp", "\"5\""} gives "exp":"5".
std::string JsonWith(const std::string& member, const std::string& value) {
  std::string json;
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"iss", "\"https://issuer.example\""},
                                                        {"aud", "\"vivier\""},
                                                        {"sub", "\"advisers/7\""},
                                                        {"exp", std::to_string(kNow + 600)},
                                                        {"iat", std::to_string(kNow - 60)},
                                                        {"kind", "\"person\""}}) {
    const std::string& chosen = name == member ? value : text;
    if (!chosen.empty())
      absl::StrAppend(&json, json.empty() ? "{" : ",", "\"", name, "\":", chosen);
  }
  return json + "}";
}

std::string WithMember(const std::string& member) {
  std::string json = JsonWith("", "");
  json.pop_back();
  return absl::StrCat(json, ",", member, "}");
}

std::string Issued(const std::function<void(v1::TokenClaims&)>& change) {
  v1::TokenClaims claims = GoodClaims();
  change(claims);
  return Issuer().Issue(claims);
}

TEST(TokenTest, NamesTheCaller) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const auto verified = verifier.Verify(Issuer().Issue(GoodClaims()), kTime);
  ASSERT_TRUE(verified.ok()) << verified.status();
  const Caller& caller = (*verified)->caller;
  EXPECT_EQ(caller.subject, "advisers/7");
  EXPECT_EQ(caller.kind, Caller::Kind::kPerson);
  EXPECT_EQ(caller.roles, std::vector<std::string>{"admissions_officer"});
  EXPECT_EQ(caller.schools, std::vector<std::string>{"nancy"});
  EXPECT_EQ(caller.acts_for, "");
}

TEST(TokenTest, AcceptsEveryGoodSpelling) {
  const struct {
    std::string what, token;
  } rows[] = {
      {"as issued", Issuer().Issue(GoodClaims())},
      {"plain JSON", Signed(GoodHeader(), JsonWith("", ""))},
      {"audience as a list", Signed(GoodHeader(), JsonWith("aud", R"(["other","vivier"])"))},
      {"unknown claims",
       Signed(GoodHeader(), WithMember(R"("email_verified":true,"act":{"sub":"x"})"))},
      {"at+jwt", Signed(absl::StrCat(R"({"typ":"at+jwt","alg":"EdDSA","kid":")", KeyId(), R"("})"),
                        JsonWith("", ""))},
      {"last second", Issued([](auto& claims) { claims.set_exp(kNow + 1); })},
      {"issued within the skew", Issued([](auto& claims) { claims.set_iat(kNow + 30); })},
      {"partner", Issued([](auto& claims) {
         claims.set_kind("partner");
         claims.set_partner("schools/nancy/companies/1");
       })},
  };
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  for (const auto& row : rows) EXPECT_TRUE(verifier.Verify(row.token, kTime).ok()) << row.what;
}

TEST(TokenTest, EveryChangedCharacterIsSeen) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const std::string good = Issuer().Issue(GoodClaims());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    ASSERT_FALSE(verifier.Verify(changed, kTime).ok()) << i;
  }
}

TEST(TokenTest, ARememberedTokenStillExpires) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const std::string token = Issuer().Issue(GoodClaims());
  ASSERT_TRUE(verifier.Verify(token, kTime).ok());
  EXPECT_EQ(verifier.cached(), 1u);
  EXPECT_TRUE(verifier.Verify(token, kTime + absl::Seconds(599)).ok());
  EXPECT_EQ(CauseOf(verifier, token, kTime + absl::Seconds(600)), "the token has expired");
  EXPECT_EQ(CauseOf(verifier, token, kTime - absl::Hours(1)), "the token is not valid yet");
}

TEST(TokenTest, ARememberedTokenFallsWithItsKey) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const std::string token = Issuer().Issue(GoodClaims());
  ASSERT_TRUE(verifier.Verify(token, kTime).ok());
  const TokenIssuer next = NewIssuer();
  KeySet both = Issuer().keys();
  both.merge(next.keys());
  verifier.SetKeys(kIssuer, both);
  EXPECT_TRUE(verifier.Verify(token, kTime).ok());
  EXPECT_TRUE(verifier.Verify(next.Issue(GoodClaims()), kTime).ok());
  verifier.SetKeys(kIssuer, next.keys());
  EXPECT_EQ(CauseOf(verifier, token), "the token's key is not among those of its issuer");
}

TEST(TokenTest, ARefreshThatTakesNoKeyAwayForgetsNothing) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  ASSERT_TRUE(verifier.Verify(Issuer().Issue(GoodClaims()), kTime).ok());
  KeySet more = Issuer().keys();
  more.merge(NewIssuer().keys());
  verifier.SetKeys(kIssuer, more);
  EXPECT_EQ(verifier.cached(), 1u);
  verifier.SetKeys(
      kIssuer, {{KeyId(), NewIssuer().keys().begin()->second}});  // another key under the same id
  EXPECT_EQ(verifier.cached(), 0u);
  EXPECT_EQ(CauseOf(verifier, Issuer().Issue(GoodClaims())), "the token's signature is wrong");
}

TEST(TokenTest, TheOutsideHearsOneAnswer) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const absl::Status garbage = verifier.Verify("garbage", kTime).status();
  const absl::Status expired =
      verifier.Verify(Issuer().Issue(GoodClaims()), kTime + absl::Hours(1)).status();
  EXPECT_EQ(garbage.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(garbage), "TOKEN_INVALID");
  EXPECT_EQ(garbage, expired) << "messages or details differ";
}

TEST(TokenTest, TheCauseIsInTheLogAndAFloodIsNot) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const std::string expired = Issuer().Issue(GoodClaims());
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(verifier.Verify(expired, kTime + absl::Hours(1)).ok());
  EXPECT_FALSE(verifier.Verify(expired, kTime + absl::Hours(2)).ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), kRefusalsLoggedMax + 1) << log;
  EXPECT_THAT(log, ::testing::HasSubstr("the token has expired"));
  EXPECT_THAT(log, ::testing::HasSubstr("\"left_out\":\"995\""));
  for (const absl::string_view part : absl::StrSplit(expired, '.'))
    EXPECT_THAT(log, ::testing::Not(::testing::HasSubstr(std::string(part.substr(0, 16)))));
}

TEST(TokenTest, RemembersABoundedNumber) {
  TokenVerifier verifier(Trusting(Issuer().keys()),
                         {.limits = {}, .cached_max = 64, .fetcher = nullptr});
  for (uint32_t i = 0; i < 500; ++i)
    ASSERT_TRUE(
        verifier.Verify(Issued([i](auto& claims) { claims.set_exp(kNow + 100 + i); }), kTime).ok());
  EXPECT_LE(verifier.cached(), 64u + 32u);
  EXPECT_GE(verifier.cached(), 16u);
}

TEST(TokenTest, KeepsItsKeyInAFile) {
  std::string folder = (std::filesystem::temp_directory_path() / "token-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/key.pem";
  EXPECT_EQ(ReasonOf(TokenIssuer::FromFile(path).status()), "SECRET_FILE");
  const auto first = TokenIssuer::FromFile(path, true), second = TokenIssuer::FromFile(path, true);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  const auto public_key = ParsePublicKey(first->PublicKey());
  ASSERT_TRUE(public_key.ok()) << public_key.status();
  TokenVerifier verifier(Trusting(KeySetOf(*public_key)), {});
  EXPECT_TRUE(verifier.Verify(second->Issue(GoodClaims()), kTime).ok());
  chmod(path.c_str(), 0644);
  EXPECT_EQ(ReasonOf(TokenIssuer::FromFile(path).status()), "SECRET_FILE");
  EXPECT_EQ(ReasonOf(ParsePublicKey("no key").status()), "TOKEN_KEY");
  std::filesystem::remove_all(folder);
}

TEST(TokenTest, TheSecondCallIsCheap) {
  TokenVerifier verifier(Trusting(Issuer().keys()), {});
  const std::string token = Issuer().Issue(GoodClaims());
  constexpr int kRounds = 100'000;
  int good = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) good += verifier.Verify(token, kTime).ok();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  std::cout << "remembered token of " << token.size() << " bytes: " << spent.count() / kRounds
            << " ns\n";
  EXPECT_EQ(good, kRounds);
  EXPECT_LT(spent.count() / kRounds, 30'000) << "the signature is checked at every call";
}

}  // namespace
}  // namespace vivier::security
