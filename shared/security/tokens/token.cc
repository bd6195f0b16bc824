#include "shared/security/tokens/token.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/security/tokens/base64url.h"
#include "shared/security/tokens/token_json.h"

namespace vivier::security {
namespace {

constexpr size_t kTokenSizeMax = 4096;

absl::Status Invalid(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", why);
}

absl::StatusOr<std::string> Decode(absl::string_view part) {
  std::optional<std::string> bytes = DecodeBase64Url(part);
  if (!bytes.has_value()) return Invalid("a part of the token is not base64url");
  return *std::move(bytes);
}

struct TokenParts {
  absl::string_view header, claims, signature;
  absl::string_view signed_text;  // header "." claims
};

absl::StatusOr<TokenParts> Split(absl::string_view token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) return Invalid("a token has three parts");
  return TokenParts{parts[0], parts[1], parts[2],
                    token.substr(0, parts[0].size() + 1 + parts[1].size())};
}

absl::StatusOr<v1::TokenHeader> ReadHeader(absl::string_view part) {
  ASSIGN_OR_RETURN(const std::string json, Decode(part));
  v1::TokenHeader header;
  RETURN_IF_ERROR(ReadTokenJson(json, header));
  if (header.alg() != "EdDSA" && header.alg() != "ES256" && header.alg() != "RS256")
    return Invalid("the token's algorithm is not accepted");
  if (!header.typ().empty() && header.typ() != "JWT" && header.typ() != "at+jwt" &&
      header.typ() != "application/at+jwt")
    return Invalid("the token is of another type");
  if (header.kid().empty()) return Invalid("the token names no key");
  return header;
}

// The key is used with its own algorithm only; the header's word is compared, never followed.
absl::Status CheckSignature(const TokenParts& parts, const v1::TokenHeader& header,
                            const VerificationKey& key) {
  if (key.algorithm != header.alg()) return Invalid("the token's algorithm is not that of its key");
  ASSIGN_OR_RETURN(const std::string signature, Decode(parts.signature));
  if (!VerifySignature(key, parts.signed_text, signature))
    return Invalid("the token's signature is wrong");
  return absl::OkStatus();
}

absl::Status CheckTimes(const VerifiedToken& token, absl::Time now) {
  const int64_t seconds = absl::ToUnixSeconds(now);
  if (seconds >= token.expires_seconds) return Invalid("the token has expired");
  if (seconds < token.not_before_seconds) return Invalid("the token is not valid yet");
  return absl::OkStatus();
}

}  // namespace

TokenVerifier::TokenVerifier(std::vector<TrustedIssuer> issuers, Options options)
    : options_(options), cache_(options_.cached_max) {
  Issuers by_name;
  for (TrustedIssuer& issuer : issuers) by_name[issuer.issuer] = std::move(issuer);
  issuers_ = std::make_shared<const Issuers>(std::move(by_name));
}

TokenVerifier::Result TokenVerifier::Verify(absl::string_view token, absl::Time now) {
  Result verified = Examine(token, now);
  if (verified.ok() || absl::IsUnavailable(verified.status())) return verified;
  return Refuse(verified.status().message(), now);
}

absl::Status TokenVerifier::Refuse(absl::string_view cause, absl::Time now) {
  if (const std::optional<uint64_t> left_out = refusals_.Enter(now))
    Log(LogLevel::kWarning, "a token is refused",
        {{"cause", cause}, {"left_out", absl::StrCat(*left_out)}});
  return TokenRefused();
}

absl::Status TokenRefused() { return Invalid("the token is not accepted"); }

TokenVerifier::Result TokenVerifier::Examine(absl::string_view token, absl::Time now) {
  if (token.size() > kTokenSizeMax) return Invalid("the token is longer than 4 KiB");
  std::shared_ptr<const VerifiedToken> verified = cache_.Get(token);
  if (verified == nullptr) {
    std::shared_ptr<const Issuers> issuers = CurrentIssuers();
    Result examined = ExamineInFull(token, *issuers, now);
    // New keys came meanwhile, and perhaps the one that was missing.
    for (auto newer = CurrentIssuers(); !examined.ok() && newer != issuers;
         newer = CurrentIssuers()) {
      issuers = newer;
      examined = ExamineInFull(token, *issuers, now);
    }
    ASSIGN_OR_RETURN(verified, std::move(examined));
    Remember(token, verified, issuers);
  }
  RETURN_IF_ERROR(CheckTimes(*verified, now));
  return verified;
}

TokenVerifier::Result TokenVerifier::ExamineInFull(absl::string_view token, const Issuers& issuers,
                                                   absl::Time now) const {
  ASSIGN_OR_RETURN(const TokenParts parts, Split(token));
  ASSIGN_OR_RETURN(const v1::TokenHeader header, ReadHeader(parts.header));
  ASSIGN_OR_RETURN(const std::string json, Decode(parts.claims));
  v1::IdentityClaims
      identity;  // only who claims to have signed is used before the signature is known to be right
  RETURN_IF_ERROR(ReadTokenJson(json, identity));
  const auto issuer = issuers.find(identity.iss());
  if (issuer == issuers.end()) return Invalid("the token is of an issuer that is not trusted");
  const auto key = issuer->second.keys.find(header.kid());
  if (key == issuer->second.keys.end()) return UnknownKey(identity.iss(), now);
  RETURN_IF_ERROR(CheckSignature(parts, header, key->second));
  ASSIGN_OR_RETURN(VerifiedToken verified,
                   ReadClaims(issuer->second, options_.limits, identity, json));
  return std::make_shared<const VerifiedToken>(std::move(verified));
}

absl::Status TokenVerifier::UnknownKey(const std::string& issuer, absl::Time now) const {
  if (options_.fetcher != nullptr && options_.fetcher->Request(issuer, now))
    return Unavailable("the keys of the token's issuer are being fetched");
  return Invalid("the token's key is not among those of its issuer");
}

void TokenVerifier::AfterFetch(std::function<void()> then) {
  if (options_.fetcher == nullptr) return then();
  options_.fetcher->AfterFetch(std::move(then));
}

void TokenVerifier::SetKeys(const std::string& issuer, KeySet keys) {
  const std::lock_guard lock(mutex_);
  Issuers changed = *issuers_;
  KeySet& known = changed.at(issuer).keys;
  const bool revoked = !Keeps(keys, known);
  known = std::move(keys);
  issuers_ = std::make_shared<const Issuers>(std::move(changed));
  if (revoked) cache_.Clear();
}

std::shared_ptr<const TokenVerifier::Issuers> TokenVerifier::CurrentIssuers() const {
  const std::lock_guard lock(mutex_);
  return issuers_;
}

void TokenVerifier::Remember(absl::string_view token, std::shared_ptr<const VerifiedToken> verified,
                             const std::shared_ptr<const Issuers>& issuers) {
  const std::lock_guard lock(mutex_);
  if (issuers_ == issuers)
    cache_.Put(token, std::move(verified));  // else its key may be gone since
}

}  // namespace vivier::security
