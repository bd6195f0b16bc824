#include "shared/security/tokens/token_key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <utility>

#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/secret_file.h"

namespace vivier::security {
namespace {

constexpr size_t kSignatureSize = 64;
constexpr size_t kPublicKeySize = 32;

using KeyPointer = std::shared_ptr<EVP_PKEY>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Raw(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

absl::Status Unusable(absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "TOKEN_KEY", why);
}

Bio Reading(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
}

Bio Writing() { return Bio(BIO_new(BIO_s_mem()), &BIO_free_all); }

std::string ContentOf(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

// Without a terminal to ask: a key under a pass phrase is refused.
int NoPassPhrase(char*, int, int, void*) { return -1; }

absl::StatusOr<KeyPointer> Checked(EVP_PKEY* key) {
  KeyPointer owner(key, &EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
    return Unusable("not an Ed25519 key in PEM");
  return owner;
}

}  // namespace

absl::StatusOr<KeyPointer> NewSigningKey() {
  return Checked(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

absl::StatusOr<KeyPointer> ReadSigningKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadSecretFile(path));
  auto key = Checked(PEM_read_bio_PrivateKey(Reading(pem).get(), nullptr, &NoPassPhrase, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  return key;
}

absl::Status CreateSigningKey(const std::string& path) {
  ASSIGN_OR_RETURN(const KeyPointer key, NewSigningKey());
  const Bio bio = Writing();
  if (PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Unusable("the new key cannot be written as PEM");
  std::string pem = ContentOf(*bio);
  absl::Status created = CreateSecretFile(path, pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  return created;
}

std::string PublicKeyPem(EVP_PKEY& key) {
  const Bio bio = Writing();
  if (PEM_write_bio_PUBKEY(bio.get(), &key) != 1) std::abort();
  return ContentOf(*bio);
}

absl::StatusOr<KeyPointer> ParsePublicKey(const std::string& pem) {
  return Checked(PEM_read_bio_PUBKEY(Reading(pem).get(), nullptr, &NoPassPhrase, nullptr));
}

std::string KeyIdOf(EVP_PKEY& key) {
  std::string raw(kPublicKeySize, '\0');
  size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(&key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1)
    std::abort();
  return Hex(Sha256(raw)).substr(0, 16);
}

KeySet KeySetOf(KeyPointer key) {
  KeySet set;
  std::string id = KeyIdOf(*key);
  set.emplace(std::move(id), VerificationKey{"EdDSA", std::move(key)});
  return set;
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

}  // namespace vivier::security
