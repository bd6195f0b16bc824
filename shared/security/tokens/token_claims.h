// What the claims of a token say once its signature is known to be right. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/security/tokens/token_cache.h"
#include "shared/security/tokens/verification_key.h"
#include "vivier/security/v1/token.pb.h"

namespace vivier::security {

// Whose tokens are accepted, and as what.
struct TrustedIssuer {
  std::string issuer;    // what iss must be
  std::string audience;  // what aud must contain
  KeySet keys;           // those that are known
  // Of another house: its word is taken for who is calling and for nothing else. Its subjects are
  // named ISSUER#SUBJECT: no issuer's name contains "#", so two issuers never mean the same caller.
  bool foreign = false;
};

struct TokenLimits {
  absl::Duration skew_max = absl::Seconds(30);  // of the issuer's clock, tolerated for nbf and iat
  absl::Duration life_max = absl::Hours(24);    // longest exp − iat
};

// The caller and the times of a token of `issuer` with these claims, which are the `identity` of
// `json`. UNAUTHENTICATED with the cause; no message repeats a part of the token.
absl::StatusOr<VerifiedToken> ReadClaims(const TrustedIssuer& issuer, const TokenLimits& limits,
                                         const v1::IdentityClaims& identity,
                                         const std::string& json);

}  // namespace vivier::security
