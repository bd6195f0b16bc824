// The Ed25519 keys that sign our own tokens. Keys are immutable and shared; thread-safe.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/security/ed25519.h"
#include "shared/security/tokens/verification_key.h"

namespace vivier::security {

// FAILED_PRECONDITION, reason TOKEN_KEY or SECRET_FILE, for all that cannot serve.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> NewSigningKey();
absl::StatusOr<std::shared_ptr<EVP_PKEY>> ReadSigningKey(const std::string& path);
absl::Status CreateSigningKey(const std::string& path);

// A set of one Ed25519 key under its own id.
KeySet KeySetOf(std::shared_ptr<EVP_PKEY> key);

}  // namespace vivier::security
