// The public keys that verify tokens, by OpenSSL 3: our own, and those of an issuer's key set (RFC
// 7517). Keys are immutable and shared; thread-safe.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::security {

// A key that verifies, with the one algorithm it may be used for: a token cannot choose another.
struct VerificationKey {
  std::string algorithm;  // "EdDSA" (Ed25519), "ES256" or "RS256"
  std::shared_ptr<EVP_PKEY> key;
};

// By key id.
using KeySet = absl::flat_hash_map<std::string, VerificationKey>;

// Whether `signature`, in the form of RFC 7518 §3 and RFC 8037 §3.1, is that of `text`.
bool VerifySignature(const VerificationKey& key, absl::string_view text,
                     absl::string_view signature);

// Whether every key of `before` is in `after`, unchanged.
bool Keeps(const KeySet& after, const KeySet& before);

// The usable keys of a key set (JWKS): RSA of 2048 to 8192 bits, EC on P-256 and Ed25519, with a
// key id, and meant to verify signatures if they say what they are meant for. Others are left out,
// and so is a key that is published with its private half; of two keys with one id the first
// counts. FAILED_PRECONDITION, reason TOKEN_KEY, when `json` is no key set.
absl::StatusOr<KeySet> ParseKeySet(const std::string& json);

}  // namespace vivier::security
