#include "shared/security/ed25519.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"

namespace vivier::security {
namespace {

constexpr size_t kSignatureSize = 64;
constexpr size_t kPublicKeySize = 32;
constexpr char kBegin[] = "-----BEGIN PUBLIC KEY-----\n";
constexpr char kEnd[] = "\n-----END PUBLIC KEY-----\n";

using KeyPointer = std::shared_ptr<EVP_PKEY>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Raw(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

KeyPointer Ed25519Of(const Key& seed) {
  EVP_PKEY* const key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Raw(seed.bytes()),
                                                     seed.bytes().size());
  if (key == nullptr) std::abort();
  return KeyPointer(key, &EVP_PKEY_free);
}

std::string PublicKeyPem(EVP_PKEY& key) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  if (PEM_write_bio_PUBKEY(bio.get(), &key) != 1) std::abort();
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<KeyPointer> ParsePublicKey(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  KeyPointer key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    return Error(absl::StatusCode::kFailedPrecondition, "TOKEN_KEY", "not an Ed25519 key in PEM");
  return key;
}

std::string PublicKeyLine(EVP_PKEY& key) {
  const std::string pem = PublicKeyPem(key);
  absl::string_view line = pem;
  absl::ConsumePrefix(&line, kBegin);
  absl::ConsumeSuffix(&line, kEnd);
  return std::string(line);
}

absl::StatusOr<KeyPointer> ParsePublicKeyLine(absl::string_view line) {
  return ParsePublicKey(absl::StrCat(kBegin, line, kEnd));
}

std::string KeyIdOf(EVP_PKEY& key) {
  std::string raw(kPublicKeySize, '\0');
  size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(&key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1)
    std::abort();
  return Hex(Sha256(raw)).substr(0, 16);
}

std::string SignEd25519(EVP_PKEY& key, absl::string_view text) {
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string signature(kSignatureSize, '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, &key) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Raw(text), text.size()) != 1)
    std::abort();
  return signature;
}

bool IsSignedEd25519(EVP_PKEY& key, absl::string_view text, absl::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, &key) == 1 &&
         EVP_DigestVerify(context.get(), Raw(signature), signature.size(), Raw(text),
                          text.size()) == 1;
}

}  // namespace vivier::security
