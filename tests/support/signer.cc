#include "tests/support/signer.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace vivier::testing {
namespace {

void Must(bool done) {
  if (done) return;
  std::fprintf(stderr, "FAILED: OpenSSL makes no key or signature\n");
  std::abort();
}

EVP_PKEY* Generate(const std::string& kind) {
  if (kind == "Ed25519") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (kind == "RSA-1024") return EVP_RSA_gen(1024);
  if (kind == "RSA-2048") return EVP_RSA_gen(2048);
  return EVP_EC_gen(kind.c_str());
}

unsigned char* Raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// `size` 0 for as many bytes as the number has.
std::string Number(const EVP_PKEY& key, const char* name, size_t size = 0) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(&key, name, &number) == 1);
  std::string bytes(size > 0 ? size : static_cast<size_t>(BN_num_bytes(number)), '\0');
  Must(BN_bn2binpad(number, Raw(bytes), static_cast<int>(bytes.size())) >= 0);
  BN_free(number);
  return absl::WebSafeBase64Escape(bytes);
}

size_t ScalarSize(const EVP_PKEY& key) {
  return static_cast<size_t>(EVP_PKEY_get_bits(&key) + 7) / 8;
}

std::string PublicMembers(const std::string& kind, const EVP_PKEY& key) {
  if (absl::StartsWith(kind, "RSA"))
    return absl::StrCat(R"("kty":"RSA","n":")", Number(key, OSSL_PKEY_PARAM_RSA_N), R"(","e":")",
                        Number(key, OSSL_PKEY_PARAM_RSA_E), "\"");
  if (kind != "Ed25519")
    return absl::StrCat(R"("kty":"EC","crv":")", kind, R"(","x":")",
                        Number(key, OSSL_PKEY_PARAM_EC_PUB_X, ScalarSize(key)), R"(","y":")",
                        Number(key, OSSL_PKEY_PARAM_EC_PUB_Y, ScalarSize(key)), "\"");
  std::string point(32, '\0');
  size_t size = point.size();
  Must(EVP_PKEY_get_raw_public_key(&key, Raw(point), &size) == 1);
  return absl::StrCat(R"("kty":"OKP","crv":"Ed25519","x":")", absl::WebSafeBase64Escape(point),
                      "\"");
}

}  // namespace

Signer::Signer(std::string kind, std::string id)
    : kind_(std::move(kind)), id_(std::move(id)), key_(Generate(kind_), &EVP_PKEY_free) {
  Must(key_ != nullptr);
}

std::string Signer::Jwk(const std::string& more) const {
  return absl::StrCat("{", PublicMembers(kind_, *key_), R"(,"kid":")", id_, "\"", more, "}");
}

std::string Signer::Sign(const std::string& text) const {
  const bool edwards = kind_ == "Ed25519", rsa = absl::StartsWith(kind_, "RSA");
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Must(EVP_DigestSignInit(context, nullptr, edwards ? nullptr : EVP_sha256(), nullptr,
                          key_.get()) == 1);
  std::string signature(1024, '\0');
  size_t size = signature.size();
  Must(EVP_DigestSign(context, Raw(signature), &size,
                      reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return edwards || rsa ? signature : RawOfDer(signature, ScalarSize(*key_));
}

std::string Signer::Token(const std::string& header, const std::string& claims) const {
  const std::string text =
      absl::StrCat(absl::WebSafeBase64Escape(header), ".", absl::WebSafeBase64Escape(claims));
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(Sign(text)));
}

std::string RawOfDer(const std::string& der, size_t scalar_size) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
  Must(pair != nullptr);
  std::string raw(2 * scalar_size, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), Raw(raw), static_cast<int>(scalar_size));
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), Raw(raw) + scalar_size, static_cast<int>(scalar_size));
  ECDSA_SIG_free(pair);
  return raw;
}

}  // namespace vivier::testing
