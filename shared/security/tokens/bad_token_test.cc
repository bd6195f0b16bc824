// Bad tokens, one row each, at a verifier that trusts our own issuer and three of other houses, one
// for each algorithm. Each is refused with its own cause, and with the same answer to the outside.
#include <openssl/bio.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/security/tokens/token.h"
#include "tests/support/signer.h"

namespace vivier::security {
namespace {

using testing::Signer;

constexpr int64_t kNow = 1'795'000'000;
const absl::Time kTime = absl::FromUnixSeconds(kNow);
constexpr char kOwn[] = "vivier:test";

// Causes of several rows.
constexpr char kForm[] = "a token has three parts";
constexpr char kBase64[] = "a part of the token is not base64url";
constexpr char kJson[] = "a part of the token is not a JSON object, or it names a member twice";
constexpr char kAlgorithm[] = "the token's algorithm is not accepted";
constexpr char kConfused[] = "the token's algorithm is not that of its key";
constexpr char kSignature[] = "the token's signature is wrong";
constexpr char kKey[] = "the token's key is not among those of its issuer";
constexpr char kNoKey[] = "the token names no key";
constexpr char kType[] = "a member of the token has the wrong type";
constexpr char kRange[] = "a member of the token is out of its range";
constexpr char kIssuer[] = "the token is of an issuer that is not trusted";
constexpr char kAudience[] = "the token is for another audience";
constexpr char kSubject[] = "the token names no usable subject";
constexpr char kTimes[] = "the token lacks exp or iat";
constexpr char kLife[] = "the token lives too long";
constexpr char kEarly[] = "the token is not valid yet";
constexpr char kKind[] = "the token names no known kind of caller";

std::string B64(absl::string_view text) { return absl::WebSafeBase64Escape(text); }

// An issuer with one key, and what its good tokens are made of.
struct House {
  std::string issuer, algorithm;
  Signer signer;
  bool foreign;

  std::string Header() const {
    return absl::StrCat(R"({"alg":")", algorithm, R"(","kid":")", signer.id(), R"("})");
  }

  // The claims of a good token with one member replaced, or left out when its text is empty; others
  // go to the end.
  std::string Claims(const std::string& member = "", const std::string& value = "") const {
    std::vector<std::pair<std::string, std::string>> members = {
        {"iss", absl::StrCat("\"", issuer, "\"")},
        {"aud", "\"vivier\""},
        {"sub", "\"anna\""},
        {"exp", absl::StrCat(kNow + 600)},
        {"iat", absl::StrCat(kNow - 60)},
        {"kind", "\"person\""}};
    bool replaced = member.empty();
    for (auto& [name, text] : members)
      if (name == member) text = value, replaced = true;
    if (!replaced) members.emplace_back(member, value);
    std::string json;
    for (const auto& [name, text] : members)
      if (!text.empty()) absl::StrAppend(&json, json.empty() ? "{" : ",", "\"", name, "\":", text);
    return json + "}";
  }

  std::string With(const std::string& member, const std::string& value) const {
    return signer.Token(Header(), Claims(member, value));
  }
  // KID in the text is the id of the key.
  std::string WithHeader(const std::string& header) const {
    return signer.Token(absl::StrReplaceAll(header, {{"KID", signer.id()}}), Claims());
  }
  std::string Good() const { return With("", ""); }
  // The good token under another key.
  std::string SignedBy(const Signer& other) const { return other.Token(Header(), Claims()); }
};

const House& Own() {
  static const auto& house = *new House{kOwn, "EdDSA", Signer("Ed25519", "own-1"), false};
  return house;
}
const House& Rsa() {
  static const auto& house =
      *new House{"https://rsa.example", "RS256", Signer("RSA-2048", "rsa-1"), true};
  return house;
}
const House& Ec() {
  static const auto& house =
      *new House{"https://ec.example/realms/nancy", "ES256", Signer("P-256", "ec-1"), true};
  return house;
}
const House& Ed() {
  static const auto& house =
      *new House{"https://ed.example", "EdDSA", Signer("Ed25519", "ed-1"), true};
  return house;
}

// Keys that no row may pass with are published too, where an issuer might: they are left out of the
// key set.
const Signer& Weak() {
  static const auto& signer = *new Signer("RSA-1024", "weak-1");
  return signer;
}
const Signer& Encryption() {
  static const auto& signer = *new Signer("RSA-2048", "enc-1");
  return signer;
}
const Signer& OtherCurve() {
  static const auto& signer = *new Signer("P-384", "p384-1");
  return signer;
}

TokenVerifier& Verifier() {
  static auto& verifier = *[] {
    std::vector<TrustedIssuer> issuers;
    for (const House* house : {&Own(), &Rsa(), &Ec(), &Ed()})
      issuers.push_back(
          {house->issuer, "vivier", *ParseKeySet(house->signer.KeySet()), house->foreign});
    issuers[1].keys = *ParseKeySet(
        absl::StrCat("{\"keys\":[", Rsa().signer.Jwk(), ",", Weak().Jwk(), ",",
                     Encryption().Jwk(R"(,"use":"enc")"), ",", OtherCurve().Jwk(), "]}"));
    return new TokenVerifier(std::move(issuers), {});
  }();
  return verifier;
}

// HS256 keyed with what everybody knows.
std::string Hmac(const House& house, const std::string& key) {
  const std::string text =
      absl::StrCat(B64(absl::StrCat(R"({"alg":"HS256","kid":")", house.signer.id(), R"("})")), ".",
                   B64(house.Claims()));
  unsigned char code[32];
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), code, nullptr);
  return absl::StrCat(text, ".",
                      B64(absl::string_view(reinterpret_cast<char*>(code), sizeof(code))));
}

std::string PublicPem(const Signer& signer) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, &signer.key());
  char* data = nullptr;
  const std::string pem(data, static_cast<size_t>(BIO_get_mem_data(bio, &data)));
  BIO_free(bio);
  return pem;
}

// The good token of the house with these bytes as its signature.
std::string WithSignature(const House& house, const std::string& signature) {
  return absl::StrCat(B64(house.Header()), ".", B64(house.Claims()), ".", B64(signature));
}

std::string Unsigned(const House& house, const std::string& algorithm) {
  return absl::StrCat(
      B64(absl::StrCat(R"({"alg":")", algorithm, R"(","kid":")", house.signer.id(), R"("})")), ".",
      B64(house.Claims()), ".");
}

std::string Part(const std::string& token, int part) {
  return std::vector<std::string>(absl::StrSplit(token, '.'))[static_cast<size_t>(part)];
}

std::string RsaSignature() {
  return Rsa().signer.Sign(absl::StrCat(B64(Rsa().Header()), ".", B64(Rsa().Claims())));
}
std::string EcSignature() {
  return Ec().signer.Sign(absl::StrCat(B64(Ec().Header()), ".", B64(Ec().Claims())));
}

// The DER of r and s: what OpenSSL and X.509 would take.
std::string EcSignatureInDer() {
  const std::string raw = EcSignature();
  const auto integer = [](std::string bytes) {
    if ((bytes[0] & 0x80) != 0) bytes.insert(0, 1, '\0');
    return absl::StrCat("\x02", std::string(1, static_cast<char>(bytes.size())), bytes);
  };
  const std::string both = integer(raw.substr(0, 32)) + integer(raw.substr(32));
  return absl::StrCat("\x30", std::string(1, static_cast<char>(both.size())), both);
}

std::string Deep(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

struct Row {
  std::string what, token, cause;
};

std::vector<Row> BadForms() {
  const std::string good = Rsa().Good();
  std::string stray = Ec().Good();  // 64 bytes leave two bits of the last character unused
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  stray.back() = alphabet[alphabet.find(stray.back()) + 1];
  return {
      {"empty", "", kForm},
      {"no dots", "token", kForm},
      {"dots only", "..", kJson},
      {"two parts", good.substr(0, good.rfind('.')), kForm},
      {"four parts", good + ".", kForm},
      {"five parts, as an encrypted token has", "e30.e30.e30.e30.e30", kForm},
      {"longer than 4 KiB", Rsa().With("name", absl::StrCat("\"", std::string(4096, 'n'), "\"")),
       "the token is longer than 4 KiB"},
      {"a megabyte", std::string(1 << 20, 'A'), "the token is longer than 4 KiB"},
      {"padding", good + "=", kBase64},
      {"padding inside", absl::StrCat(Part(good, 0), "=.", Part(good, 1), ".", Part(good, 2)),
       kBase64},
      {"space in front", " " + good, kBase64},
      {"line end", good + "\n", kBase64},
      {"NUL at the end", good + std::string(1, '\0'), kBase64},
      {"standard base64", absl::StrCat(Part(good, 0), ".", Part(good, 1), ".+/+/"), kBase64},
      {"stray last bits", stray, kBase64},
      {"trailing bytes in the header's part",
       absl::StrCat(Part(good, 0), "AAAA.", Part(good, 1), ".", Part(good, 2)), kJson},
      {"header is not JSON", Rsa().WithHeader("RS256"), kJson},
      {"header is a list", Rsa().WithHeader(R"(["RS256"])"), kJson},
      {"header is null", Rsa().WithHeader("null"), kJson},
      {"two headers", Rsa().WithHeader(R"({"alg":"RS256","kid":"KID"}{"alg":"none"})"), kJson},
      {"claims are not JSON", Rsa().signer.Token(Rsa().Header(), "sub=root"), kJson},
      {"claims are empty", Rsa().signer.Token(Rsa().Header(), ""), kJson},
      {"claims with a comma too many", Rsa().signer.Token(Rsa().Header(), "{\"iss\":\"a\",,}"),
       kJson},
      {"claims are no UTF-8", Rsa().With("sub", "\"\xff\xfe\""), kJson},
      {"claims nested deeply", Rsa().With("a", Deep(900)), kJson},
      {"header nested deeply",
       Rsa().WithHeader(absl::StrCat(R"({"alg":"RS256","kid":"KID","a":)", Deep(900), "}")), kJson},
      {"NUL after the claims",
       Rsa().signer.Token(Rsa().Header(), Rsa().Claims() + std::string(1, '\0')), kJson},
  };
}

std::vector<Row> BadHeaders() {
  std::vector<Row> rows;
  for (const char* none : {"none", "None", "NONE", "nOnE", "", " none", "null"})
    rows.push_back(
        {absl::StrCat("unsigned, algorithm '", none, "'"), Unsigned(Rsa(), none), kAlgorithm});
  for (const char* other : {"HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES384", "ES512",
                            "ES256K", "ML-DSA-44", "rs256", "RS256 ", "RSA-OAEP", "dir"})
    rows.push_back({absl::StrCat("algorithm '", other, "'"),
                    Rsa().WithHeader(absl::StrCat(R"({"alg":")", other, R"(","kid":"KID"})")),
                    kAlgorithm});
  const std::vector<Row> others = {
      {"no algorithm", Rsa().WithHeader(R"({"kid":"KID"})"), kAlgorithm},
      {"algorithm is null", Rsa().WithHeader(R"({"alg":null,"kid":"KID"})"), kType},
      {"algorithm is a list", Rsa().WithHeader(R"({"alg":["RS256"],"kid":"KID"})"), kType},
      {"two algorithms", Rsa().WithHeader(R"({"alg":"none","alg":"RS256","kid":"KID"})"), kJson},
      {"two algorithms, one escaped",
       Rsa().WithHeader(R"({"alg":"RS256","\u0061lg":"none","kid":"KID"})"), kJson},
      {"no key", Rsa().WithHeader(R"({"alg":"RS256"})"), kNoKey},
      {"empty key", Rsa().WithHeader(R"({"alg":"RS256","kid":""})"), kNoKey},
      {"key is a number", Rsa().WithHeader(R"({"alg":"RS256","kid":1})"), kType},
      {"two keys", Rsa().WithHeader(R"({"alg":"RS256","kid":"KID","kid":"other"})"), kJson},
      {"unknown key", Rsa().WithHeader(R"({"alg":"RS256","kid":"other"})"), kKey},
      {"key that is a path", Rsa().WithHeader(R"({"alg":"RS256","kid":"../../../dev/null"})"),
       kKey},
      {"key that is SQL", Rsa().WithHeader(R"({"alg":"RS256","kid":"' OR ''='"})"), kKey},
      {"key with a NUL", Rsa().WithHeader(R"({"alg":"RS256","kid":"KID\u0000"})"), kKey},
      {"key in the header",
       Encryption().Token(absl::StrCat(R"({"alg":"RS256","jwk":)", Encryption().Jwk(), "}"),
                          Rsa().Claims()),
       kNoKey},
      {"key in the header under the id of a trusted one",
       Encryption().Token(
           absl::StrCat(R"({"alg":"RS256","kid":"rsa-1","jwk":)", Encryption().Jwk(), "}"),
           Rsa().Claims()),
       kSignature},
      {"key at an address",
       Encryption().Token(R"({"alg":"RS256","kid":"rsa-1","jku":"https://evil.example/keys"})",
                          Rsa().Claims()),
       kSignature},
      {"critical extension",
       Rsa().WithHeader(R"({"alg":"RS256","kid":"KID","crit":["b64"],"b64":false})"),
       "the token demands an extension that is not supported"},
      {"another type", Rsa().WithHeader(R"({"alg":"RS256","kid":"KID","typ":"dpop+jwt"})"),
       "the token is of another type"},
      {"the type of a logout token",
       Rsa().WithHeader(R"({"alg":"RS256","kid":"KID","typ":"logout+jwt"})"),
       "the token is of another type"},
      {"type is a number", Rsa().WithHeader(R"({"alg":"RS256","kid":"KID","typ":5})"), kType},
  };
  rows.insert(rows.end(), others.begin(), others.end());
  return rows;
}

std::vector<Row> BadSignatures() {
  const std::string ec = EcSignature(), zero(32, '\0'), rsa = RsaSignature();
  std::string flipped = rsa;
  flipped[100] = static_cast<char>(flipped[100] ^ 1);
  return {
      {"none at all", Unsigned(Rsa(), "RS256"), kSignature},
      {"HS256 keyed with the public key in PEM", Hmac(Rsa(), PublicPem(Rsa().signer)), kAlgorithm},
      {"HS256 keyed with the published key", Hmac(Rsa(), Rsa().signer.Jwk()), kAlgorithm},
      {"HS256 keyed with nothing", Hmac(Ed(), ""), kAlgorithm},
      {"ES256 for an RSA key", Rsa().WithHeader(R"({"alg":"ES256","kid":"KID"})"), kConfused},
      {"EdDSA for an RSA key", Rsa().WithHeader(R"({"alg":"EdDSA","kid":"KID"})"), kConfused},
      {"RS256 for an EC key", Ec().WithHeader(R"({"alg":"RS256","kid":"KID"})"), kConfused},
      {"ES256 for an Ed25519 key", Ed().WithHeader(R"({"alg":"ES256","kid":"KID"})"), kConfused},
      {"RS256 for our own key", Own().WithHeader(R"({"alg":"RS256","kid":"KID"})"), kConfused},
      {"one bit of RS256 flipped", WithSignature(Rsa(), flipped), kSignature},
      {"RS256 one byte short", WithSignature(Rsa(), rsa.substr(1)), kSignature},
      {"RS256 one byte longer", WithSignature(Rsa(), rsa + std::string(1, '\0')), kSignature},
      {"RS256 of zeros", WithSignature(Rsa(), std::string(256, '\0')), kSignature},
      {"ES256 with r = s = 0", WithSignature(Ec(), zero + zero), kSignature},
      {"ES256 with r = 0", WithSignature(Ec(), zero + ec.substr(32)), kSignature},
      {"ES256 with s = 0", WithSignature(Ec(), ec.substr(0, 32) + zero), kSignature},
      {"ES256 of ones", WithSignature(Ec(), std::string(64, '\xff')), kSignature},
      {"ES256 in DER", WithSignature(Ec(), EcSignatureInDer()), kSignature},
      {"ES256 with s and r", WithSignature(Ec(), ec.substr(32) + ec.substr(0, 32)), kSignature},
      {"ES256 one byte short", WithSignature(Ec(), ec.substr(0, 63)), kSignature},
      {"ES256 of another curve", Ec().SignedBy(Signer("secp256k1", "ec-1")), kSignature},
      {"ES256 of a larger curve", Ec().SignedBy(Signer("P-384", "ec-1")), kSignature},
      {"EdDSA of zeros", WithSignature(Ed(), std::string(64, '\0')), kSignature},
      {"EdDSA one byte longer", WithSignature(Ed(), Ed().signer.Sign("") + "A"), kSignature},
      {"another key under the same id", Ed().SignedBy(Signer("Ed25519", "ed-1")), kSignature},
      {"RSA of 1024 bits", Rsa().SignedBy(Weak()), kSignature},
      {"RSA of 1024 bits under its own id",
       Weak().Token(R"({"alg":"RS256","kid":"weak-1"})", Rsa().Claims()), kKey},
      {"a key meant for encryption",
       Encryption().Token(R"({"alg":"RS256","kid":"enc-1"})", Rsa().Claims()), kKey},
      {"a key on another curve",
       OtherCurve().Token(R"({"alg":"ES256","kid":"p384-1"})", Rsa().Claims()), kKey},
      {"another issuer's key", Ed().signer.Token(Ed().Header(), Rsa().Claims()), kKey},
      {"another issuer's key under our name", Rsa().signer.Token(Rsa().Header(), Own().Claims()),
       kKey},
      {"our key under another's name", Own().signer.Token(Own().Header(), Ed().Claims()), kKey},
      {"the claims of another token",
       absl::StrCat(Part(Rsa().Good(), 0), ".", B64(Rsa().Claims("sub", "\"root\"")), ".",
                    Part(Rsa().Good(), 2)),
       kSignature},
      {"the header of another token",
       absl::StrCat(B64(absl::StrCat(" ", Ed().Header())), ".", Part(Ed().Good(), 1), ".",
                    Part(Ed().Good(), 2)),
       kSignature},
  };
}

std::vector<Row> BadClaims() {
  const auto at = [](int64_t from_now) { return absl::StrCat(kNow + from_now); };
  return {
      {"expired", Rsa().With("exp", at(0)), "the token has expired"},
      {"expired a day ago", Rsa().With("exp", at(-86'400)), "the token has expired"},
      {"no exp", Rsa().With("exp", ""), kTimes},
      {"exp 0", Rsa().With("exp", "0"), kTimes},
      {"exp as text", Rsa().With("exp", absl::StrCat("\"", at(600), "\"")), kType},
      {"exp null", Rsa().With("exp", "null"), kType},
      {"exp negative", Rsa().With("exp", "-1"), kRange},
      {"exp in milliseconds", Rsa().With("exp", at(600) + "000"), kRange},
      {"exp infinite", Rsa().With("exp", "1e400"), kJson},
      {"exp as a list", Rsa().With("exp", absl::StrCat("[", at(600), "]")), kType},
      {"exp twice", Rsa().With("\",\"exp", at(900)), kJson},
      {"sub twice, once escaped", Rsa().With(R"(\u0073ub)", "\"root\""), kJson},
      {"a member twice, deep inside", Rsa().With("act", R"({"a":1,"a":2})"), kJson},
      {"lives too long", Rsa().With("exp", at(-60 + 86'401)), kLife},
      {"not yet valid", Rsa().With("nbf", at(31)), kEarly},
      {"nbf as text", Rsa().With("nbf", absl::StrCat("\"", at(-60), "\"")), kType},
      {"issued in the future", Rsa().With("iat", at(31)), kEarly},
      {"no iat", Rsa().With("iat", ""), kTimes},
      {"iat false", Rsa().With("iat", "false"), kType},
      {"an issuer that is not trusted", Rsa().With("iss", "\"https://evil.example\""), kIssuer},
      {"the issuer with a slash more", Rsa().With("iss", "\"https://rsa.example/\""), kIssuer},
      {"the issuer in capitals", Rsa().With("iss", "\"HTTPS://RSA.EXAMPLE\""), kIssuer},
      {"the issuer with a NUL", Rsa().With("iss", R"("https://rsa.example\u0000")"), kIssuer},
      {"no issuer", Rsa().With("iss", ""), kIssuer},
      {"issuer as a list", Rsa().With("iss", R"(["https://rsa.example"])"), kType},
      {"another audience", Rsa().With("aud", "\"vivier2\""), kAudience},
      {"the audience in capitals", Rsa().With("aud", "\"VIVIER\""), kAudience},
      {"audiences in one text", Rsa().With("aud", "\"other vivier\""), kAudience},
      {"no audience", Rsa().With("aud", ""), kAudience},
      {"empty list of audiences", Rsa().With("aud", "[]"), kAudience},
      {"audience of objects", Rsa().With("aud", R"([{"a":"vivier"}])"), kType},
      {"audience true", Rsa().With("aud", "true"), kType},
      {"no subject", Rsa().With("sub", ""), kSubject},
      {"empty subject", Rsa().With("sub", "\"\""), kSubject},
      {"subject is a number", Rsa().With("sub", "7"), kType},
      {"subject with a line end", Rsa().With("sub", R"("a\nb")"), kSubject},
      {"subject with a NUL", Rsa().With("sub", R"("a\u0000b")"), kSubject},
      {"subject too long", Rsa().With("sub", absl::StrCat("\"", std::string(257, 's'), "\"")),
       kSubject},
      {"ours without a kind", Own().With("kind", ""), kKind},
      {"ours of an unknown kind", Own().With("kind", "\"god\""), kKind},
      {"ours with roles as an object", Own().With("roles", R"({"0":"operator"})"), kType},
      {"ours with schools as numbers", Own().With("schools", "[1]"), kType},
      {"ours of a partner without a company", Own().With("kind", "\"partner\""),
       "a partner's token names its company, and no other does"},
      {"ours of a person with a company", Own().With("partner", "\"schools/nancy/companies/1\""),
       "a partner's token names its company, and no other does"},
      {"ours of another school's company",
       Own().With("kind", R"("partner","schools":["nancy"],"partner":"schools/metz/companies/1")"),
       "the company of a partner's token is outside its schools"},
  };
}

void ExpectRefused(const std::vector<Row>& rows, size_t rows_min) {
  EXPECT_GE(rows.size(), rows_min);
  static const absl::Status& answer = *new absl::Status(Verifier().Verify("", kTime).status());
  EXPECT_EQ(answer.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(answer), "TOKEN_INVALID");
  std::set<std::string> names;
  for (const Row& row : rows) {
    EXPECT_TRUE(names.insert(row.what).second) << row.what << " is there twice";
    EXPECT_EQ(Verifier().Examine(row.token, kTime).status().message(), row.cause) << row.what;
    EXPECT_EQ(Verifier().Verify(row.token, kTime).status(), answer) << row.what;
  }
}

TEST(BadTokenTest, Forms) { ExpectRefused(BadForms(), 25); }
TEST(BadTokenTest, Headers) { ExpectRefused(BadHeaders(), 40); }
TEST(BadTokenTest, Signatures) { ExpectRefused(BadSignatures(), 30); }
TEST(BadTokenTest, Claims) { ExpectRefused(BadClaims(), 40); }

// So that no row is refused for the way in which all of them are made.
TEST(BadTokenTest, TheGoodOnesNextToThemPass) {
  for (const House* house : {&Own(), &Rsa(), &Ec(), &Ed()}) {
    for (const std::string& token :
         {house->Good(), house->With("exp", absl::StrCat(kNow + 1)),
          house->With("iat", absl::StrCat(kNow + 30)), house->With("nbf", absl::StrCat(kNow + 30)),
          house->With("exp", absl::StrCat(kNow - 60 + 86'400)),
          house->With("aud", R"(["other","vivier"])"), house->With("act", R"({"sub":"x"})"),
          house->WithHeader(
              absl::StrCat(R"({"typ":"at+jwt","alg":")", house->algorithm, R"(","kid":"KID"})"))}) {
      EXPECT_EQ(Verifier().Examine(token, kTime).status(), absl::OkStatus())
          << house->issuer << " " << token;
    }
  }
}

TEST(BadTokenTest, ForeignClaimsGiveNoRights) {
  const auto verified = Verifier().Verify(
      Ec().With("kind", R"("service","roles":["school_director"],"schools":["*"],)"
                        R"("partner":"schools/nancy/companies/1")"),
      kTime);
  ASSERT_TRUE(verified.ok()) << verified.status();
  const Caller& caller = (*verified)->caller;
  EXPECT_EQ(caller.subject, "https://ec.example/realms/nancy#anna");
  EXPECT_EQ(caller.kind, Caller::Kind::kPerson);
  EXPECT_TRUE(caller.roles.empty() && caller.schools.empty() && caller.acts_for.empty());
  // The same subject elsewhere is somebody else, and what foreign claims look like is nobody's
  // business.
  EXPECT_EQ((*Verifier().Verify(Rsa().Good(), kTime))->caller.subject, "https://rsa.example#anna");
  EXPECT_TRUE(Verifier().Verify(Rsa().With("roles", R"({"0":1})"), kTime).ok());
  EXPECT_EQ((*Verifier().Verify(Own().Good(), kTime))->caller.subject, "anna");
}

}  // namespace
}  // namespace vivier::security
