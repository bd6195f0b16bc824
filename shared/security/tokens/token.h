// Tokens (JWT, RFC 7519) that say who is calling: issued by us for services, partners and
// development, or by an issuer of OpenID Connect for people, and verified on every call. Ours are
// signed with EdDSA; a token is verified with the algorithm of its issuer's key, whatever it says
// of itself.
//
//   token := base64url(TokenHeader as JSON) "."
//            base64url(TokenClaims as JSON) "."
//            base64url(signature)
//
// base64url is without padding and canonical: a token has one spelling only.
#pragma once

#include <openssl/evp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/log/log_limit.h"
#include "shared/security/tokens/key_fetcher.h"
#include "shared/security/tokens/token_cache.h"
#include "shared/security/tokens/token_claims.h"
#include "shared/security/tokens/token_key.h"
#include "vivier/security/v1/token.pb.h"

namespace vivier::security {

// Lines about refused tokens in one second: a flood of bad tokens is no flood of the log.
inline constexpr int kRefusalsLoggedMax = 5;

// UNAUTHENTICATED, reason TOKEN_INVALID: what every bad token is answered.
absl::Status TokenRefused();

// Thread-safe.
class TokenIssuer {
 public:
  // Signs with the Ed25519 private key in the PEM file (mode 0600), which is drawn first if
  // `create` and it is not there. FAILED_PRECONDITION, reason SECRET_FILE or TOKEN_KEY.
  static absl::StatusOr<TokenIssuer> FromFile(const std::string& path, bool create = false);

  // Signs with a key that lives as long as the process.
  static absl::StatusOr<TokenIssuer> Ephemeral();

  std::string Issue(const v1::TokenClaims& claims) const;

  // What a verifier needs to trust this issuer.
  KeySet keys() const { return KeySetOf(key_); }
  std::string PublicKey() const { return PublicKeyPem(*key_); }

 private:
  explicit TokenIssuer(std::shared_ptr<EVP_PKEY> key)
      : key_(std::move(key)), key_id_(KeyIdOf(*key_)) {}

  std::shared_ptr<EVP_PKEY> key_;
  std::string key_id_;
};

// Thread-safe, and never waits for an issuer. A token costs one signature check the first time, and
// a hash and a look-up afterwards.
class TokenVerifier {
 public:
  using Result = absl::StatusOr<std::shared_ptr<const VerifiedToken>>;
  struct Options {
    TokenLimits limits;
    size_t cached_max = 20'000;     // verified tokens that are remembered
    KeyFetcher* fetcher = nullptr;  // of the foreign issuers' keys; null where nothing is fetched
  };
  TokenVerifier(std::vector<TrustedIssuer> issuers, Options options);

  // The caller that the token names. UNAUTHENTICATED, reason TOKEN_INVALID, is one answer for every
  // bad token, and its cause is a line in the log. UNAVAILABLE when the token's key is unknown and
  // its issuer's are being fetched: verify again after that.
  Result Verify(absl::string_view token, absl::Time now);

  // The caller of a token that was verified before and is still remembered, whatever the time is;
  // null for any other.
  std::shared_ptr<const VerifiedToken> Known(absl::string_view token) { return cache_.Get(token); }

  // The same, but the answer tells the cause, and nothing is logged. No message repeats a part of
  // the token.
  Result Examine(absl::string_view token, absl::Time now);

  // The one answer for a bad token, whose cause goes into the log alone.
  absl::Status Refuse(absl::string_view cause, absl::Time now);

  // Calls `then` once no fetch is under way: at once, or later on the fetcher's thread.
  void AfterFetch(std::function<void()> then);

  // Replaces the keys of one of the issuers; tokens of a key that is gone are refused from now on.
  void SetKeys(const std::string& issuer, KeySet keys);

  size_t cached() { return cache_.size(); }

 private:
  using Issuers = absl::flat_hash_map<std::string, TrustedIssuer>;

  Result ExamineInFull(absl::string_view token, const Issuers& issuers, absl::Time now) const;
  absl::Status UnknownKey(const std::string& issuer, absl::Time now) const;
  std::shared_ptr<const Issuers> CurrentIssuers() const;
  void Remember(absl::string_view token, std::shared_ptr<const VerifiedToken> verified,
                const std::shared_ptr<const Issuers>& issuers);

  const Options options_;
  TokenCache cache_;
  LogLimit refusals_{kRefusalsLoggedMax};
  mutable std::mutex mutex_;
  std::shared_ptr<const Issuers> issuers_;
};

}  // namespace vivier::security
