#include "shared/security/token.h"

#include <openssl/hmac.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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

TokenVerifier::Options Options() { return {.issuer = "https://issuer.example", .audience = "vivier"}; }

// A token of any header and claims, signed properly with the trusted key.
std::string Signed(const std::string& header, const std::string& claims) {
  const std::string text = absl::StrCat(absl::WebSafeBase64Escape(header), ".", absl::WebSafeBase64Escape(claims));
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
    if (!chosen.empty()) absl::StrAppend(&json, json.empty() ? "{" : ",", "\"", name, "\":", chosen);
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

std::string SignedByHmacOfPublicKey() {
  const std::string key = Issuer().PublicKey();
  const std::string text =
      absl::StrCat(absl::WebSafeBase64Escape(absl::StrCat(R"({"alg":"HS256","kid":")", KeyId(), R"("})")), ".",
                   absl::WebSafeBase64Escape(JsonWith("", "")));
  unsigned char code[32];
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), code, nullptr);
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<char*>(code), 32)));
}

std::string WithoutSignature(const std::string& algorithm) {
  return absl::StrCat(
      absl::WebSafeBase64Escape(absl::StrCat(R"({"alg":")", algorithm, R"(","kid":")", KeyId(), R"("})")), ".",
      absl::WebSafeBase64Escape(JsonWith("", "")), ".");
}

TEST(TokenTest, NamesTheCaller) {
  TokenVerifier verifier(Options(), Issuer().keys());
  const auto verified = verifier.Verify(Issuer().Issue(GoodClaims()), kTime);
  ASSERT_TRUE(verified.ok()) << verified.status();
  const rpc::Caller& caller = (*verified)->caller;
  EXPECT_EQ(caller.subject, "advisers/7");
  EXPECT_EQ(caller.kind, rpc::Caller::Kind::kPerson);
  EXPECT_EQ(caller.roles, std::vector<std::string>{"admissions_officer"});
  EXPECT_EQ(caller.schools, std::vector<std::string>{"nancy"});
  EXPECT_EQ(caller.partner, "");
}

TEST(TokenTest, AcceptsEveryGoodSpelling) {
  const struct {
    std::string what, token;
  } rows[] = {
      {"as issued", Issuer().Issue(GoodClaims())},
      {"plain JSON", Signed(GoodHeader(), JsonWith("", ""))},
      {"audience as a list", Signed(GoodHeader(), JsonWith("aud", R"(["other","vivier"])"))},
      {"unknown claims", Signed(GoodHeader(), WithMember(R"("email_verified":true,"act":{"sub":"x"})"))},
      {"at+jwt", Signed(absl::StrCat(R"({"typ":"at+jwt","alg":"EdDSA","kid":")", KeyId(), R"("})"), JsonWith("", ""))},
      {"last second", Issued([](auto& claims) { claims.set_exp(kNow + 1); })},
      {"issued within the skew", Issued([](auto& claims) { claims.set_iat(kNow + 30); })},
      {"partner", Issued([](auto& claims) {
         claims.set_kind("partner");
         claims.set_partner("schools/nancy/companies/1");
       })},
  };
  TokenVerifier verifier(Options(), Issuer().keys());
  for (const auto& row : rows) EXPECT_TRUE(verifier.Verify(row.token, kTime).ok()) << row.what;
}

TEST(TokenTest, RefusesEveryBadOne) {
  const std::string good = Issuer().Issue(GoodClaims());
  const size_t dot = good.find('.'), last_dot = good.rfind('.');
  const std::string other_claims = Issued([](auto& claims) { claims.set_sub("advisers/8"); });
  const auto claims = [](const std::string& member, const std::string& value) {
    return Signed(GoodHeader(), JsonWith(member, value));
  };
  const auto header = [](const std::string& text) {
    return Signed(absl::StrReplaceAll(text, {{"KID", KeyId()}}), JsonWith("", ""));
  };
  const struct {
    std::string what, token, reason;
  } rows[] = {
      // The form.
      {"empty", "", "TOKEN_INVALID"},
      {"no dots", "token", "TOKEN_INVALID"},
      {"dots only", "..", "TOKEN_INVALID"},
      {"two parts", good.substr(0, last_dot), "TOKEN_INVALID"},
      {"four parts", good + ".", "TOKEN_INVALID"},
      {"longer than 4 KiB", Issued([](auto& c) { c.add_roles(std::string(4096, 'r')); }), "TOKEN_INVALID"},
      {"padding", good + "=", "TOKEN_INVALID"},
      {"space in front", " " + good, "TOKEN_INVALID"},
      {"line end", good + "\n", "TOKEN_INVALID"},
      {"NUL", good + std::string(1, '\0'), "TOKEN_INVALID"},
      {"standard base64", absl::StrReplaceAll(good, {{"-", "+"}, {"_", "/"}}) + "+", "TOKEN_INVALID"},
      {"stray last bits", good.substr(0, good.size() - 1) + static_cast<char>(good.back() + 1), "TOKEN_INVALID"},
      {"header is not JSON", header("EdDSA"), "TOKEN_INVALID"},
      {"header is a list", header(R"(["EdDSA"])"), "TOKEN_INVALID"},
      // The signature.
      {"none", WithoutSignature("none"), "TOKEN_INVALID"},
      {"None", WithoutSignature("None"), "TOKEN_INVALID"},
      {"no signature", WithoutSignature("EdDSA"), "TOKEN_INVALID"},
      {"HS256 keyed with the public key", SignedByHmacOfPublicKey(), "TOKEN_INVALID"},
      {"RS256", header(R"({"alg":"RS256","kid":"KID"})"), "TOKEN_INVALID"},
      {"lower-case algorithm", header(R"({"alg":"eddsa","kid":"KID"})"), "TOKEN_INVALID"},
      {"no algorithm", header(R"({"kid":"KID"})"), "TOKEN_INVALID"},
      {"two algorithms", header(R"({"alg":"none","alg":"EdDSA","kid":"KID"})"), "TOKEN_INVALID"},
      {"no key", header(R"({"alg":"EdDSA"})"), "TOKEN_INVALID"},
      {"unknown key", header(R"({"alg":"EdDSA","kid":"other"})"), "TOKEN_KEY_UNKNOWN"},
      {"critical extension", header(R"({"alg":"EdDSA","kid":"KID","crit":["b64"],"b64":false})"), "TOKEN_INVALID"},
      {"other type", header(R"({"alg":"EdDSA","kid":"KID","typ":"dpop+jwt"})"), "TOKEN_INVALID"},
      {"another issuer's key", NewIssuer().Issue(GoodClaims()), "TOKEN_KEY_UNKNOWN"},
      {"claims of another token",
       good.substr(0, dot) + other_claims.substr(dot, other_claims.rfind('.') - dot) + good.substr(last_dot),
       "TOKEN_INVALID"},
      {"signature of another token", good.substr(0, last_dot) + other_claims.substr(other_claims.rfind('.')),
       "TOKEN_INVALID"},
      {"short signature", good.substr(0, good.size() - 4), "TOKEN_INVALID"},
      // The claims.
      {"expired", Issued([](auto& c) { c.set_exp(kNow); }), "TOKEN_EXPIRED"},
      {"no exp", claims("exp", ""), "TOKEN_INVALID"},
      {"exp 0", claims("exp", "0"), "TOKEN_INVALID"},
      {"exp as text", claims("exp", absl::StrCat("\"", kNow + 600, "\"")), "TOKEN_INVALID"},
      {"exp null", claims("exp", "null"), "TOKEN_INVALID"},
      {"exp true", claims("exp", "true"), "TOKEN_INVALID"},
      {"exp negative", claims("exp", "-1"), "TOKEN_INVALID"},
      {"exp beyond 32 bits", claims("exp", "99999999999"), "TOKEN_INVALID"},
      {"exp 1e300", claims("exp", "1e300"), "TOKEN_INVALID"},
      {"exp twice", Signed(GoodHeader(), WithMember(absl::StrCat("\"exp\":", kNow + 900))), "TOKEN_INVALID"},
      {"sub twice, once escaped", Signed(GoodHeader(), WithMember(R"("\u0073ub":"root")")), "TOKEN_INVALID"},
      {"nested twice", Signed(GoodHeader(), WithMember(R"("act":{"a":1,"a":2})")), "TOKEN_INVALID"},
      {"lives too long", Issued([](auto& c) { c.set_exp(c.iat() + 86'401); }), "TOKEN_INVALID"},
      {"not yet valid", Issued([](auto& c) { c.set_nbf(kNow + 31); }), "TOKEN_NOT_YET_VALID"},
      {"issued in the future", Issued([](auto& c) { c.set_iat(kNow + 31); }), "TOKEN_NOT_YET_VALID"},
      {"no iat", claims("iat", ""), "TOKEN_INVALID"},
      {"other issuer", Issued([](auto& c) { c.set_iss("https://issuer.example/"); }), "TOKEN_INVALID"},
      {"no issuer", claims("iss", ""), "TOKEN_INVALID"},
      {"issuer as a list", claims("iss", R"(["https://issuer.example"])"), "TOKEN_INVALID"},
      {"other audience", Issued([](auto& c) { c.set_aud(0, "vivier2"); }), "TOKEN_INVALID"},
      {"no audience", claims("aud", ""), "TOKEN_INVALID"},
      {"empty audience", claims("aud", "[]"), "TOKEN_INVALID"},
      {"audience of objects", claims("aud", R"([{"a":"vivier"}])"), "TOKEN_INVALID"},
      {"no subject", claims("sub", ""), "TOKEN_INVALID"},
      {"subject is a number", claims("sub", "7"), "TOKEN_INVALID"},
      {"subject with a line end", claims("sub", R"("a\nb")"), "TOKEN_INVALID"},
      {"subject too long", Issued([](auto& c) { c.set_sub(std::string(257, 's')); }), "TOKEN_INVALID"},
      {"no kind", claims("kind", ""), "TOKEN_INVALID"},
      {"unknown kind", claims("kind", "\"god\""), "TOKEN_INVALID"},
      {"roles as an object", Signed(GoodHeader(), WithMember(R"("roles":{"0":"operator"})")), "TOKEN_INVALID"},
      {"partner without a company", Issued([](auto& c) { c.set_kind("partner"); }), "TOKEN_INVALID"},
      {"company of a person", Issued([](auto& c) { c.set_partner("schools/nancy/companies/1"); }), "TOKEN_INVALID"},
      {"company of another school", Issued([](auto& c) {
         c.set_kind("partner");
         c.set_partner("schools/metz/companies/1");
       }),
       "TOKEN_INVALID"},
      {"claims are not JSON", Signed(GoodHeader(), "sub=root"), "TOKEN_INVALID"},
      {"claims are no UTF-8", claims("sub", "\"\xff\xfe\""), "TOKEN_INVALID"},
      {"claims nested deeply",
       Signed(GoodHeader(), WithMember("\"a\":" + std::string(900, '[') + std::string(900, ']'))), "TOKEN_INVALID"},
  };
  TokenVerifier verifier(Options(), Issuer().keys());
  for (const auto& row : rows) {
    const auto verified = verifier.Verify(row.token, kTime);
    EXPECT_EQ(verified.status().code(), absl::StatusCode::kUnauthenticated) << row.what;
    EXPECT_EQ(ReasonOf(verified.status()), row.reason) << row.what;
  }
  EXPECT_TRUE(verifier.Verify(good, kTime).ok());
}

TEST(TokenTest, EveryChangedCharacterIsSeen) {
  TokenVerifier verifier(Options(), Issuer().keys());
  const std::string good = Issuer().Issue(GoodClaims());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    ASSERT_FALSE(verifier.Verify(changed, kTime).ok()) << i;
  }
}

TEST(TokenTest, ARememberedTokenStillExpires) {
  TokenVerifier verifier(Options(), Issuer().keys());
  const std::string token = Issuer().Issue(GoodClaims());
  ASSERT_TRUE(verifier.Verify(token, kTime).ok());
  EXPECT_EQ(verifier.cached(), 1u);
  EXPECT_TRUE(verifier.Verify(token, kTime + absl::Seconds(599)).ok());
  EXPECT_EQ(ReasonOf(verifier.Verify(token, kTime + absl::Seconds(600)).status()), "TOKEN_EXPIRED");
  EXPECT_EQ(ReasonOf(verifier.Verify(token, kTime - absl::Hours(1)).status()), "TOKEN_NOT_YET_VALID");
}

TEST(TokenTest, ARememberedTokenFallsWithItsKey) {
  TokenVerifier verifier(Options(), Issuer().keys());
  const std::string token = Issuer().Issue(GoodClaims());
  ASSERT_TRUE(verifier.Verify(token, kTime).ok());
  const TokenIssuer next = NewIssuer();
  KeySet both = Issuer().keys();
  both.merge(next.keys());
  verifier.SetKeys(both);
  EXPECT_TRUE(verifier.Verify(token, kTime).ok());
  EXPECT_TRUE(verifier.Verify(next.Issue(GoodClaims()), kTime).ok());
  verifier.SetKeys(next.keys());
  EXPECT_EQ(ReasonOf(verifier.Verify(token, kTime).status()), "TOKEN_KEY_UNKNOWN");
}

TEST(TokenTest, RemembersABoundedNumber) {
  TokenVerifier::Options options = Options();
  options.cached_max = 64;
  TokenVerifier verifier(options, Issuer().keys());
  for (uint32_t i = 0; i < 500; ++i)
    ASSERT_TRUE(verifier.Verify(Issued([i](auto& claims) { claims.set_exp(kNow + 100 + i); }), kTime).ok());
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
  TokenVerifier verifier(Options(), KeySetOf(*public_key));
  EXPECT_TRUE(verifier.Verify(second->Issue(GoodClaims()), kTime).ok());
  chmod(path.c_str(), 0644);
  EXPECT_EQ(ReasonOf(TokenIssuer::FromFile(path).status()), "SECRET_FILE");
  EXPECT_EQ(ReasonOf(ParsePublicKey("no key").status()), "TOKEN_KEY");
  std::filesystem::remove_all(folder);
}

TEST(TokenTest, TheSecondCallIsCheap) {
  TokenVerifier verifier(Options(), Issuer().keys());
  const std::string token = Issuer().Issue(GoodClaims());
  constexpr int kRounds = 100'000;
  int good = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) good += verifier.Verify(token, kTime).ok();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  std::cout << "remembered token of " << token.size() << " bytes: " << spent.count() / kRounds << " ns\n";
  EXPECT_EQ(good, kRounds);
  EXPECT_LT(spent.count() / kRounds, 30'000) << "the signature is checked at every call";
}

}  // namespace
}  // namespace vivier::security
