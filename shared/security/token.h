// Tokens (JWT) that say who is calling: issued by us for services, partners and development, and verified on every
// call. Signatures are EdDSA with Ed25519; nothing else is accepted, whatever the token says of itself.
//
//   token := base64url(TokenHeader as JSON) "." base64url(TokenClaims as JSON) "." base64url(signature 64)
//
// base64url is without padding and canonical: a token has one spelling only.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/security/token_cache.h"
#include "shared/security/token_key.h"
#include "vivier/security/v1/token.pb.h"

namespace vivier::security {

// Thread-safe.
class TokenIssuer {
 public:
  // Signs with the Ed25519 private key in the PEM file (mode 0600), which is drawn first if `create` and it is not
  // there. FAILED_PRECONDITION, reason SECRET_FILE or TOKEN_KEY.
  static absl::StatusOr<TokenIssuer> FromFile(const std::string& path, bool create = false);

  // Signs with a key that lives as long as the process.
  static absl::StatusOr<TokenIssuer> Ephemeral();

  std::string Issue(const v1::TokenClaims& claims) const;

  // What a verifier needs to trust this issuer.
  KeySet keys() const { return KeySetOf(key_); }
  std::string PublicKey() const { return PublicKeyPem(*key_); }

 private:
  explicit TokenIssuer(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)), key_id_(KeyIdOf(*key_)) {}

  std::shared_ptr<EVP_PKEY> key_;
  std::string key_id_;
};

// Thread-safe. A token costs one signature check the first time, and a hash and a look-up afterwards.
class TokenVerifier {
 public:
  struct Options {
    std::string issuer;                           // what iss must be
    std::string audience;                         // what aud must contain
    absl::Duration skew_max = absl::Seconds(30);  // of the issuer's clock, tolerated for nbf and iat
    absl::Duration life_max = absl::Hours(24);    // longest exp − iat
    size_t cached_max = 20'000;                   // verified tokens that are remembered
  };
  TokenVerifier(Options options, KeySet keys);

  // The caller that the token names. UNAUTHENTICATED with reason TOKEN_EXPIRED, TOKEN_NOT_YET_VALID,
  // TOKEN_KEY_UNKNOWN (fetch the issuer's keys, then ask again) or TOKEN_INVALID. No message repeats a part of it.
  absl::StatusOr<std::shared_ptr<const VerifiedToken>> Verify(absl::string_view token, absl::Time now);

  // Replaces the trusted keys; tokens of a key that is gone are refused from now on.
  void SetKeys(KeySet keys);

  size_t cached() { return cache_.size(); }

 private:
  absl::StatusOr<std::shared_ptr<const VerifiedToken>> VerifyInFull(absl::string_view token, const KeySet& keys) const;
  absl::Status CheckClaims(const v1::TokenClaims& claims) const;
  std::shared_ptr<const KeySet> Keys() const;
  void Remember(const std::string& hash, std::shared_ptr<const VerifiedToken> token,
                const std::shared_ptr<const KeySet>& keys);

  const Options options_;
  TokenCache cache_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
};

}  // namespace vivier::security
