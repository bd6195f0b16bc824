#include "shared/security/tokens/token_key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <utility>

#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/secret_file.h"

namespace vivier::security {
namespace {

using KeyPointer = std::shared_ptr<EVP_PKEY>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

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

KeySet KeySetOf(KeyPointer key) {
  KeySet set;
  std::string id = KeyIdOf(*key);
  set.emplace(std::move(id), VerificationKey{"EdDSA", std::move(key)});
  return set;
}

}  // namespace vivier::security
