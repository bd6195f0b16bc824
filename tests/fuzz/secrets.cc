// What is believed for its signature or its key: tokens, key sets, values in Redis.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "shared/cache/value.h"
#include "shared/security/encryption.h"
#include "shared/security/tokens/token.h"
#include "shared/security/tokens/token_key.h"
#include "tests/fuzz/fuzz.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::fuzz {
namespace {

constexpr int64_t kNow = 1'795'000'000;
constexpr char kIssuer[] = "https://issuer.example";

struct Signer {
  std::shared_ptr<EVP_PKEY> key = *security::NewSigningKey();
  security::TokenVerifier verifier{
      {{kIssuer, "vivier", security::KeySetOf(key), false},
       {"https://id.example", "vivier", security::KeySetOf(key), true}},
      {}};
};

Signer& TheSigner() {
  static Signer& signer = *new Signer;
  return signer;
}

const security::Key& MacKey() {
  static const security::Key key = *security::Key::FromBytes(std::string(32, 'k'));
  return key;
}

}  // namespace

// A token as it is, or a header and claims in JSON, parted by a line, which are signed here.
std::string ReadToken(absl::string_view input) {
  Signer& signer = TheSigner();
  std::string token(input);
  if (const size_t line = input.find('\n'); line != input.npos) {
    std::string header(input.substr(0, line));
    if (const size_t id = header.find("KEY"); id != header.npos)
      header.replace(id, 3, security::KeyIdOf(*signer.key));
    token = absl::StrCat(absl::WebSafeBase64Escape(header), ".",
                         absl::WebSafeBase64Escape(input.substr(line + 1)));
    absl::StrAppend(&token, ".",
                    absl::WebSafeBase64Escape(security::SignEd25519(*signer.key, token)));
  }
  const absl::Time now = absl::FromUnixSeconds(kNow);
  const auto verified = signer.verifier.Examine(token, now);
  if (!verified.ok()) return EndOf(verified.status());
  Require(signer.verifier.Examine(token, now).ok(), "a token is good once and bad then");
  Require(!signer.verifier.Examine(token, now + absl::Hours(48)).ok(), "a token lives for days");
  const security::Caller& caller = (*verified)->caller;
  PlaceOfCrash(absl::StrContains(caller.subject, "_"));
  return absl::StrCat("OK ", static_cast<int>(caller.kind), " ", caller.roles.size(), " ",
                      caller.schools.size(), caller.acts_for.empty());
}

std::vector<std::string> TokenSeeds() {
  constexpr char kHeader[] = R"({"alg":"EdDSA","typ":"JWT","kid":"KEY"})";
  return {
      absl::StrCat(kHeader, "\n", R"({"iss":")", kIssuer,
                   R"(","aud":["vivier"],"sub":"advisers/7","iat":)", kNow - 60, R"(,"exp":)",
                   kNow + 600,
                   R"(,"kind":"person","roles":["admissions_officer"],"schools":["nancy"]})"),
      absl::StrCat(kHeader, "\n", R"({"iss":"https://id.example","aud":"vivier","sub":"anna",)",
                   R"("iat":)", kNow - 60, R"(,"nbf":)", kNow - 60, R"(,"exp":)", kNow + 600, "}"),
      "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0."};
}

std::string ReadKeySet(absl::string_view input) {
  const absl::StatusOr<security::KeySet> keys = security::ParseKeySet(std::string(input));
  if (!keys.ok()) return EndOf(keys.status());
  std::string end = "OK";
  for (const auto& [id, key] : *keys) {
    Require(!security::VerifySignature(key, "text", std::string(64, 's')), "anything is signed");
    end += key.algorithm;
  }
  std::sort(end.begin(), end.end());
  Require(security::Keeps(*keys, *keys), "a set has not its own keys");
  PlaceOfCrash(keys->size() == 1);
  return end;
}

// The key in Redis, a line, and a value, which is taken as it is and as what a process of the
// school has written.
std::string ReadCachedValue(absl::string_view input) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(input, absl::MaxSplits('\n', 1));
  const auto& [key, bytes] = parts;
  const auto forged = cache::DecodeValue(MacKey(), key, bytes);
  if (forged.has_value())
    Require(cache::EncodeValue(MacKey(), key, forged->fingerprint, forged->value) == bytes,
            "what nobody has written is believed");
  const cache::Versioned value{bytes.size(), std::string(bytes), absl::FromUnixSeconds(kNow)};
  const auto read = cache::DecodeValue(MacKey(), key, cache::EncodeValue(MacKey(), key, 7, value));
  Require(read.has_value() && read->fingerprint == 7 && read->value.payload == value.payload &&
              read->value.version == value.version && read->value.loaded_at == value.loaded_at,
          "what was written is not read");
  curriculum::v1::ProgrammeRevision revision;
  const bool parsed = revision.ParseFromString(value.payload);
  const bool unknown = !revision.GetReflection()->GetUnknownFields(revision).empty();
  PlaceOfCrash(parsed && unknown && !revision.name().empty());
  return absl::StrCat(forged.has_value(), parsed, unknown, revision.name().empty());
}

std::vector<std::string> CachedValueSeeds() {
  curriculum::v1::ProgrammeRevision revision;
  revision.set_name("schools/nancy/programmes/ai/revisions/1");
  const std::string key = "schools/nancy/programmes/ai/revisions/1";
  const std::string written = cache::EncodeValue(
      MacKey(), key, cache::SchemaFingerprint(*curriculum::v1::ProgrammeRevision::descriptor()),
      {1, revision.SerializeAsString(), absl::FromUnixSeconds(kNow)});
  return {absl::StrCat(key, "\n", written), absl::StrCat(key, "\n", revision.SerializeAsString())};
}

}  // namespace vivier::fuzz
