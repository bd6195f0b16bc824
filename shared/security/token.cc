#include "shared/security/token.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/token_json.h"

namespace vivier::security {
namespace {

using Kind = rpc::Caller::Kind;

constexpr size_t kTokenSizeMax = 4096;
constexpr size_t kSubjectSizeMax = 256;

absl::Status Refuse(absl::string_view reason, absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, reason, why);
}

absl::Status Invalid(absl::string_view why) { return Refuse("TOKEN_INVALID", why); }

// Abseil's decoding forgives padding, white space and stray last bits; encoding again shows whether it had to.
absl::StatusOr<std::string> Decode(absl::string_view part) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(part, &bytes) || absl::WebSafeBase64Escape(bytes) != part)
    return Invalid("a part of the token is not base64url");
  return bytes;
}

struct TokenParts {
  absl::string_view header, claims, signature;
  absl::string_view signed_text;  // header "." claims
};

absl::StatusOr<TokenParts> Split(absl::string_view token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) return Invalid("a token has three parts");
  return TokenParts{parts[0], parts[1], parts[2], token.substr(0, parts[0].size() + 1 + parts[1].size())};
}

// The key is chosen by its id and used with its own algorithm only; the header's word is compared, never followed.
absl::Status CheckSignature(const TokenParts& parts, const KeySet& keys) {
  ASSIGN_OR_RETURN(const std::string json, Decode(parts.header));
  v1::TokenHeader header;
  RETURN_IF_ERROR(ReadTokenJson(json, header));
  if (header.alg() != "EdDSA") return Invalid("the token is not signed with EdDSA");
  if (!header.typ().empty() && header.typ() != "JWT" && header.typ() != "at+jwt")
    return Invalid("the token is of another type");
  if (header.kid().empty()) return Invalid("the token names no key");
  const auto key = keys.find(header.kid());
  if (key == keys.end()) return Refuse("TOKEN_KEY_UNKNOWN", "the token's key is not among the trusted ones");
  ASSIGN_OR_RETURN(const std::string signature, Decode(parts.signature));
  if (key->second.algorithm != header.alg() || !VerifyEd25519(*key->second.key, parts.signed_text, signature))
    return Invalid("the token's signature is wrong");
  return absl::OkStatus();
}

absl::StatusOr<Kind> KindOf(absl::string_view kind) {
  if (kind == "person") return Kind::kPerson;
  if (kind == "service") return Kind::kService;
  if (kind == "partner") return Kind::kPartner;
  return Invalid("the token names no known kind of caller");
}

bool IsSubject(absl::string_view subject) {
  return !subject.empty() && subject.size() <= kSubjectSizeMax &&
         std::none_of(subject.begin(), subject.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

absl::StatusOr<rpc::Caller> CallerOf(const v1::TokenClaims& claims) {
  rpc::Caller caller;
  ASSIGN_OR_RETURN(caller.kind, KindOf(claims.kind()));
  caller.subject = claims.sub();
  caller.roles.assign(claims.roles().begin(), claims.roles().end());
  caller.schools.assign(claims.schools().begin(), claims.schools().end());
  caller.partner = claims.partner();
  if ((caller.kind == Kind::kPartner) == caller.partner.empty())
    return Invalid("a partner's token names its company, and no other does");
  if (caller.kind == Kind::kPartner && !rpc::InScope(caller, caller.partner))
    return Invalid("the company of a partner's token is outside its schools");
  return caller;
}

absl::Status CheckTimes(const VerifiedToken& token, absl::Time now) {
  const int64_t seconds = absl::ToUnixSeconds(now);
  if (seconds >= token.expires_seconds) return Refuse("TOKEN_EXPIRED", "the token has expired");
  if (seconds < token.not_before_seconds) return Refuse("TOKEN_NOT_YET_VALID", "the token is not valid yet");
  return absl::OkStatus();
}

}  // namespace

TokenVerifier::TokenVerifier(Options options, KeySet keys)
    : options_(std::move(options)),
      cache_(options_.cached_max),
      keys_(std::make_shared<const KeySet>(std::move(keys))) {}

absl::StatusOr<std::shared_ptr<const VerifiedToken>> TokenVerifier::Verify(absl::string_view token, absl::Time now) {
  if (token.size() > kTokenSizeMax) return Invalid("the token is longer than 4 KiB");
  const std::string hash = Sha256(token);
  std::shared_ptr<const VerifiedToken> verified = cache_.Get(hash);
  if (verified == nullptr) {
    const std::shared_ptr<const KeySet> keys = Keys();
    ASSIGN_OR_RETURN(verified, VerifyInFull(token, *keys));
    Remember(hash, verified, keys);
  }
  RETURN_IF_ERROR(CheckTimes(*verified, now));
  return verified;
}

void TokenVerifier::SetKeys(KeySet keys) {
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const KeySet>(std::move(keys));
  cache_.Clear();
}

std::shared_ptr<const KeySet> TokenVerifier::Keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void TokenVerifier::Remember(const std::string& hash, std::shared_ptr<const VerifiedToken> token,
                             const std::shared_ptr<const KeySet>& keys) {
  const std::lock_guard lock(mutex_);
  if (keys_ == keys) cache_.Put(hash, std::move(token));  // else its key may be gone since
}

absl::StatusOr<std::shared_ptr<const VerifiedToken>> TokenVerifier::VerifyInFull(absl::string_view token,
                                                                                 const KeySet& keys) const {
  ASSIGN_OR_RETURN(const TokenParts parts, Split(token));
  RETURN_IF_ERROR(CheckSignature(parts, keys));
  ASSIGN_OR_RETURN(const std::string json, Decode(parts.claims));
  v1::TokenClaims claims;
  RETURN_IF_ERROR(ReadTokenJson(json, claims));
  RETURN_IF_ERROR(CheckClaims(claims));
  VerifiedToken verified;
  ASSIGN_OR_RETURN(verified.caller, CallerOf(claims));
  const int64_t skew = absl::ToInt64Seconds(options_.skew_max);
  verified.not_before_seconds = int64_t{std::max(claims.nbf(), claims.iat())} - skew;
  verified.expires_seconds = claims.exp();
  return std::make_shared<const VerifiedToken>(std::move(verified));
}

absl::Status TokenVerifier::CheckClaims(const v1::TokenClaims& claims) const {
  if (claims.iss() != options_.issuer) return Invalid("the token is of another issuer");
  if (std::find(claims.aud().begin(), claims.aud().end(), options_.audience) == claims.aud().end())
    return Invalid("the token is for another audience");
  if (!IsSubject(claims.sub())) return Invalid("the token names no usable subject");
  if (claims.exp() == 0 || claims.iat() == 0) return Invalid("the token lacks exp or iat");
  if (int64_t{claims.exp()} - claims.iat() > absl::ToInt64Seconds(options_.life_max))
    return Invalid("the token lives too long");
  return absl::OkStatus();
}

}  // namespace vivier::security
