// Ed25519 signatures (RFC 8032), by OpenSSL 3: whoever has the public key can check what the owner
// of the private one signed. Keys are immutable and shared; thread-safe.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/security/encryption.h"

namespace vivier::security {

// The key pair that follows from these 32 bytes.
std::shared_ptr<EVP_PKEY> Ed25519Of(const Key& seed);

// The public half as PEM, and back. FAILED_PRECONDITION, reason TOKEN_KEY, where it is none.
std::string PublicKeyPem(EVP_PKEY& key);
absl::StatusOr<std::shared_ptr<EVP_PKEY>> ParsePublicKey(const std::string& pem);

// The same as the one line of base64 that stands in the PEM.
std::string PublicKeyLine(EVP_PKEY& key);
absl::StatusOr<std::shared_ptr<EVP_PKEY>> ParsePublicKeyLine(absl::string_view line);

// The first 16 hexadecimal digits of the SHA-256 of the raw public key.
std::string KeyIdOf(EVP_PKEY& key);

// 64 raw bytes.
std::string SignEd25519(EVP_PKEY& key, absl::string_view text);
bool IsSignedEd25519(EVP_PKEY& key, absl::string_view text, absl::string_view signature);

}  // namespace vivier::security
