#include "shared/security/tokens/verification_key.h"

#include <openssl/ecdsa.h>

#include <algorithm>

namespace vivier::security {
namespace {

// r and s of an ES256 signature.
constexpr size_t kScalarSize = 32;
constexpr size_t kEd25519SignatureSize = 64;

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Raw(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// A token has r and s side by side (RFC 7518 §3.4), where OpenSSL wants them in DER; "" for any
// other size.
std::string DerOf(absl::string_view signature) {
  if (signature.size() != 2 * kScalarSize) return "";
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(),
                                                                   &ECDSA_SIG_free);
  ECDSA_SIG_set0(pair.get(), BN_bin2bn(Raw(signature), kScalarSize, nullptr),
                 BN_bin2bn(Raw(signature) + kScalarSize, kScalarSize, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return "";
  const std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool Verify(EVP_PKEY& key, const EVP_MD* digest, absl::string_view text,
            absl::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, &key) == 1 &&
         EVP_DigestVerify(context.get(), Raw(signature), signature.size(), Raw(text),
                          text.size()) == 1;
}

}  // namespace

bool VerifySignature(const VerificationKey& key, absl::string_view text,
                     absl::string_view signature) {
  if (key.algorithm == "RS256") return Verify(*key.key, EVP_sha256(), text, signature);
  if (key.algorithm == "ES256") return Verify(*key.key, EVP_sha256(), text, DerOf(signature));
  return signature.size() == kEd25519SignatureSize && Verify(*key.key, nullptr, text, signature);
}

bool Keeps(const KeySet& after, const KeySet& before) {
  return std::all_of(before.begin(), before.end(), [&after](const auto& entry) {
    const auto found = after.find(entry.first);
    return found != after.end() &&
           EVP_PKEY_eq(found->second.key.get(), entry.second.key.get()) == 1;
  });
}

}  // namespace vivier::security
