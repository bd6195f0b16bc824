// A key with which an issuer could sign tokens, and some with which it should not: what it
// publishes of it, and tokens of any header and claims under it. Immutable; thread-safe.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace vivier::testing {

class Signer {
 public:
  // `kind`: "RSA-2048", "RSA-1024", "P-256", "P-384", "secp256k1" or "Ed25519".
  Signer(std::string kind, std::string id);

  // The public key as a JSON object; `more` are members that follow, ",\"use\":\"sig\"".
  std::string Jwk(const std::string& more = "") const;
  // A key set of this key alone.
  std::string KeySet() const { return "{\"keys\":[" + Jwk() + "]}"; }

  // The signature in the form of a token, by SHA-256 unless it is Ed25519.
  std::string Sign(const std::string& text) const;
  // base64url of header, claims and their signature.
  std::string Token(const std::string& header, const std::string& claims) const;

  const std::string& id() const { return id_; }
  EVP_PKEY& key() const { return *key_; }

 private:
  std::string kind_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

// r and s side by side, of a signature in DER.
std::string RawOfDer(const std::string& der, size_t scalar_size);

}  // namespace vivier::testing
