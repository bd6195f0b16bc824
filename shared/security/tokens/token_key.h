// The Ed25519 keys that sign our own tokens, by OpenSSL 3. A key id is the first 16 hexadecimal
// digits of the SHA-256 of the raw public key. Keys are immutable and shared; thread-safe.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/security/tokens/verification_key.h"

namespace vivier::security {

// FAILED_PRECONDITION, reason TOKEN_KEY or SECRET_FILE, for all that cannot serve.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> NewSigningKey();
absl::StatusOr<std::shared_ptr<EVP_PKEY>> ReadSigningKey(const std::string& path);
absl::Status CreateSigningKey(const std::string& path);

// The public half as PEM, and back: how other processes learn whom to trust.
std::string PublicKeyPem(EVP_PKEY& key);
absl::StatusOr<std::shared_ptr<EVP_PKEY>> ParsePublicKey(const std::string& pem);

std::string KeyIdOf(EVP_PKEY& key);

// A set of one Ed25519 key under its own id.
KeySet KeySetOf(std::shared_ptr<EVP_PKEY> key);

std::string SignEd25519(EVP_PKEY& key, absl::string_view text);

}  // namespace vivier::security
