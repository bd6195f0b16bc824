// What a school says to others and signs: a kind and fields. What is signed by Ed25519 is the text
//
//   KIND HASH
//
// where HASH is the SHA-256, in hex, of an empty text and then each field, each after its length in
// 8 bytes, little-endian; so no field can run into the next. deploy/check-evidence checks the same.
// Functions without state, thread-safe.
#pragma once

#include <openssl/evp.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "shared/security/ed25519.h"

namespace vivier::security {

// 64 raw bytes.
std::string SignStatement(EVP_PKEY& key, absl::string_view kind,
                          const std::vector<std::string>& fields);

// `public_key` is the line of a PEM file, `signature` in base64.
bool IsStatementSigned(absl::string_view public_key, absl::string_view signature,
                       absl::string_view kind, const std::vector<std::string>& fields);

// Sets `signature` and `public_key` of a message that has both.
template <class M>
void Sign(EVP_PKEY& key, absl::string_view kind, const std::vector<std::string>& fields,
          M& message) {
  message.set_signature(absl::Base64Escape(SignStatement(key, kind, fields)));
  message.set_public_key(PublicKeyLine(key));
}

}  // namespace vivier::security
