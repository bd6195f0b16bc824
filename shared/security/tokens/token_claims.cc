#include "shared/security/tokens/token_claims.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/tokens/token_json.h"

namespace vivier::security {
namespace {

using Kind = Caller::Kind;

constexpr size_t kSubjectSizeMax = 256;

absl::Status Invalid(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", why);
}

bool IsSubject(absl::string_view subject) {
  return !subject.empty() && subject.size() <= kSubjectSizeMax &&
         std::none_of(subject.begin(), subject.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

absl::Status Check(const TrustedIssuer& issuer, const TokenLimits& limits,
                   const v1::IdentityClaims& claims) {
  if (std::find(claims.aud().begin(), claims.aud().end(), issuer.audience) == claims.aud().end())
    return Invalid("the token is for another audience");
  if (!IsSubject(claims.sub())) return Invalid("the token names no usable subject");
  if (claims.exp() == 0 || claims.iat() == 0) return Invalid("the token lacks exp or iat");
  if (int64_t{claims.exp()} - claims.iat() > absl::ToInt64Seconds(limits.life_max))
    return Invalid("the token lives too long");
  return absl::OkStatus();
}

absl::StatusOr<Kind> KindOf(absl::string_view kind) {
  if (kind == "person") return Kind::kPerson;
  if (kind == "service") return Kind::kService;
  if (kind == "partner") return Kind::kPartner;
  return Invalid("the token names no known kind of caller");
}

absl::StatusOr<Caller> CallerOf(const v1::TokenClaims& claims) {
  Caller caller;
  ASSIGN_OR_RETURN(caller.kind, KindOf(claims.kind()));
  caller.subject = claims.sub();
  caller.roles.assign(claims.roles().begin(), claims.roles().end());
  caller.schools.assign(claims.schools().begin(), claims.schools().end());
  caller.acts_for = claims.partner();
  if ((caller.kind == Kind::kPartner) == caller.acts_for.empty())
    return Invalid("a partner's token names its company, and no other does");
  if (caller.kind == Kind::kPartner && !InScope(caller, caller.acts_for))
    return Invalid("the company of a partner's token is outside its schools");
  return caller;
}

absl::StatusOr<Caller> OwnCaller(const std::string& json) {
  v1::TokenClaims claims;
  RETURN_IF_ERROR(ReadTokenJson(json, claims));
  return CallerOf(claims);
}

Caller ForeignCaller(const v1::IdentityClaims& claims) {
  return {absl::StrCat(claims.iss(), "#", claims.sub()), Kind::kPerson, {}, {}, ""};
}

}  // namespace

absl::StatusOr<VerifiedToken> ReadClaims(const TrustedIssuer& issuer, const TokenLimits& limits,
                                         const v1::IdentityClaims& identity,
                                         const std::string& json) {
  RETURN_IF_ERROR(Check(issuer, limits, identity));
  VerifiedToken verified;
  if (issuer.foreign) {
    verified.caller = ForeignCaller(identity);
  } else {
    ASSIGN_OR_RETURN(verified.caller, OwnCaller(json));
  }
  verified.not_before_seconds =
      int64_t{std::max(identity.nbf(), identity.iat())} - absl::ToInt64Seconds(limits.skew_max);
  verified.expires_seconds = identity.exp();
  return verified;
}

}  // namespace vivier::security
