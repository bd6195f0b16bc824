#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/security/tokens/verification_key.h"
#include "tests/support/signer.h"

namespace vivier::security {
namespace {

using testing::Signer;

const Signer& Rsa() {
  static const auto& signer = *new Signer("RSA-2048", "k");
  return signer;
}
const Signer& Ec() {
  static const auto& signer = *new Signer("P-256", "k");
  return signer;
}
const Signer& Ed() {
  static const auto& signer = *new Signer("Ed25519", "k");
  return signer;
}

std::string SetOf(const std::string& keys) { return absl::StrCat("{\"keys\":[", keys, "]}"); }

// The key of `signer` with a part of its JSON replaced.
std::string Changed(const Signer& signer, const std::string& from, const std::string& to) {
  const std::string jwk = signer.Jwk();
  EXPECT_NE(jwk.find(from), std::string::npos) << jwk;
  return absl::StrReplaceAll(jwk, {{from, to}});
}

TEST(KeySetTest, EachKindVerifiesWhatItSigned) {
  const struct {
    const Signer& signer;
    std::string algorithm;
  } rows[] = {{Rsa(), "RS256"}, {Ec(), "ES256"}, {Ed(), "EdDSA"}};
  for (const auto& row : rows) {
    const absl::StatusOr<KeySet> keys = ParseKeySet(row.signer.KeySet());
    ASSERT_TRUE(keys.ok()) << keys.status();
    ASSERT_TRUE(keys->contains("k")) << row.algorithm;
    const VerificationKey& key = keys->at("k");
    EXPECT_EQ(key.algorithm, row.algorithm);
    EXPECT_TRUE(VerifySignature(key, "text", row.signer.Sign("text"))) << row.algorithm;
    EXPECT_FALSE(VerifySignature(key, "text2", row.signer.Sign("text"))) << row.algorithm;
    EXPECT_FALSE(VerifySignature(key, "text", "")) << row.algorithm;
  }
}

// RFC 7515, appendix A.3: the key and the signature of somebody else's making.
TEST(KeySetTest, VerifiesTheExampleOfTheStandard) {
  const auto keys = ParseKeySet(R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a3",)"
                                R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  ASSERT_TRUE(keys.ok()) << keys.status();
  const std::string text =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const unsigned char signature[] = {
      14,  209, 33,  83,  121, 99,  108, 72,  60,  47,  127, 21,  88,  7,   212, 2,
      163, 178, 40,  3,   58,  249, 124, 126, 23,  129, 154, 195, 22,  158, 166, 101,
      197, 10,  7,   211, 140, 60,  112, 229, 216, 241, 45,  175, 8,   74,  84,  128,
      166, 101, 144, 197, 242, 147, 80,  154, 143, 63,  127, 138, 131, 163, 84,  213};
  EXPECT_TRUE(
      VerifySignature(keys->at("a3"), text,
                      std::string(reinterpret_cast<const char*>(signature), sizeof(signature))));
}

TEST(KeySetTest, UsableKeys) {
  const std::string rows[] = {
      Rsa().Jwk(R"(,"use":"sig")"),
      Rsa().Jwk(R"(,"use":"sig","alg":"RS256","x5c":["MIIC"],"x5t":"abc")"),
      Ec().Jwk(R"(,"alg":"ES256","key_ops":["verify"])"),
      Ed().Jwk(R"(,"alg":"EdDSA","key_ops":["sign","verify"],"ext":true)"),
  };
  for (const std::string& row : rows) {
    const absl::StatusOr<KeySet> keys = ParseKeySet(SetOf(row));
    ASSERT_TRUE(keys.ok()) << keys.status();
    EXPECT_EQ(keys->size(), 1u) << row;
  }
}

// Each between two good keys, which stay.
TEST(KeySetTest, UnusableKeysAreLeftOut) {
  const struct {
    std::string what, jwk;
  } rows[] = {
      {"RSA of 1024 bits", Signer("RSA-1024", "bad").Jwk()},
      {"RSA with the exponent 1", Changed(Rsa(), "\"e\":\"AQAB\"", "\"e\":\"AQ\"")},
      {"RSA with an even exponent", Changed(Rsa(), "\"e\":\"AQAB\"", "\"e\":\"AQAA\"")},
      {"RSA without an exponent", Changed(Rsa(), "\"e\":\"AQAB\"", "\"e\":\"\"")},
      {"RSA with an even modulus", Changed(Rsa(), "\"n\":\"", "\"n\":\"AAAAAAAA\",\"m\":\"")},
      {"RSA in standard base64", Changed(Rsa(), "\"e\":\"AQAB\"", "\"e\":\"AQAB=\"")},
      {"RSA of 16384 bits",
       absl::StrCat(R"({"kty":"RSA","kid":"bad","e":"AQAB","n":")", std::string(2731, '_'), "\"}")},
      {"P-384", Signer("P-384", "bad").Jwk()},
      {"secp256k1", Signer("secp256k1", "bad").Jwk()},
      {"another curve under the name of P-256",
       absl::StrReplaceAll(Signer("secp256k1", "bad").Jwk(), {{"secp256k1", "P-256"}})},
      {"a point that is on no curve",
       Changed(Ec(), "\"y\":\"", R"("y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","z":")")},
      {"half a point", Changed(Ec(), "\"y\":", "\"z\":")},
      {"Ed448", Changed(Ed(), "Ed25519", "Ed448")},
      {"X25519", Changed(Ed(), "Ed25519", "X25519")},
      {"a short Ed25519 key", R"({"kty":"OKP","crv":"Ed25519","kid":"bad","x":"AAAA"})"},
      {"a symmetric key", R"({"kty":"oct","kid":"bad","k":"c2VjcmV0","alg":"HS256"})"},
      {"no type", R"({"kid":"bad","k":"c2VjcmV0"})"},
      {"no id", Changed(Ed(), "\"kid\":", "\"id\":")},
      {"an id that is a number", R"({"kty":"OKP","crv":"Ed25519","kid":5,"x":"AAAA"})"},
      {"for encryption", Ed().Jwk(R"(,"use":"enc")")},
      {"of a use that is a list", Ed().Jwk(R"(,"use":["sig"])")},
      {"of another algorithm", Rsa().Jwk(R"(,"alg":"RS512")")},
      {"of PSS", Rsa().Jwk(R"(,"alg":"PS256")")},
      {"to sign only", Ed().Jwk(R"(,"key_ops":["sign"])")},
      {"to do nothing", Ed().Jwk(R"(,"key_ops":[])")},
      {"with its private half", Ed().Jwk(R"(,"d":"c2VjcmV0")")},
      {"a text", "\"key\""},
      {"null", "null"},
      {"a list", "[]"},
  };
  const std::string before = Signer("Ed25519", "before").Jwk(),
                    after = Signer("Ed25519", "after").Jwk();
  for (const auto& row : rows) {
    const absl::StatusOr<KeySet> keys =
        ParseKeySet(SetOf(absl::StrCat(before, ",", row.jwk, ",", after)));
    ASSERT_TRUE(keys.ok()) << row.what << ": " << keys.status();
    EXPECT_EQ(keys->size(), 2u) << row.what;
    EXPECT_TRUE(keys->contains("before") && keys->contains("after")) << row.what;
  }
}

TEST(KeySetTest, OfTwoKeysWithOneIdTheFirstCounts) {
  const Signer second("RSA-2048", "k");
  const absl::StatusOr<KeySet> keys =
      ParseKeySet(SetOf(absl::StrCat(Ec().Jwk(), ",", second.Jwk())));
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->at("k").algorithm, "ES256");
}

TEST(KeySetTest, WhatIsNoKeySet) {
  for (const std::string& text :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"),
        std::string(R"({"keys":{}})"), std::string(R"({"keys":null})"), Ed().Jwk(),
        SetOf(Ed().Jwk()) + "x", SetOf(Ed().Jwk(R"(,"kid":"k2")")),
        std::string(R"({"keys":[],"keys":[]})"), "{\"keys\":" + std::string(5000, '[')}) {
    EXPECT_EQ(ReasonOf(ParseKeySet(text).status()), "TOKEN_KEY") << text.substr(0, 80);
  }
  EXPECT_TRUE(ParseKeySet(SetOf(""))->empty());
}

}  // namespace
}  // namespace vivier::security
