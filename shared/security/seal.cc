#include "shared/security/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>

#include "shared/base/error.h"
#include "shared/base/random.h"

namespace vivier::security {
namespace {

constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;

const unsigned char* Raw(absl::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* Raw(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

// Fetched once: OpenSSL 3 looks an algorithm up by name at every EVP_aes_256_gcm().
const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return algorithm;
}

EVP_CIPHER_CTX* Context() {
  struct Owner {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    ~Owner() { EVP_CIPHER_CTX_free(context); }
  };
  thread_local Owner owner;
  return owner.context;
}

// Encryption in memory fails only on a broken installation; going on would store nothing, or plain text.
void Must(int answer) {
  if (answer != 1) std::abort();
}

// Takes the associated data, then turns `from` into as many bytes at `to`.
bool Transform(absl::string_view associated_data, absl::string_view from, char* to) {
  int size = 0;
  return EVP_CipherUpdate(Context(), nullptr, &size, Raw(associated_data), static_cast<int>(associated_data.size())) ==
             1 &&
         EVP_CipherUpdate(Context(), Raw(to), &size, Raw(from), static_cast<int>(from.size())) == 1;
}

absl::Status Broken() {
  return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN", "a sealed value does not open with this key in this place");
}

}  // namespace

Key::~Key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Key Key::Random() {
  Key key;
  FillRandom(key.bytes_.data(), key.bytes_.size());
  return key;
}

absl::StatusOr<Key> Key::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kSize) return Internal("a key has 32 bytes");
  Key key;
  std::memcpy(key.bytes_.data(), bytes.data(), kSize);
  return key;
}

std::string Seal(const Key& key, absl::string_view plaintext, absl::string_view associated_data) {
  std::string sealed(kNonceSize + plaintext.size() + kTagSize, '\0');
  FillRandom(sealed.data(), kNonceSize);
  char* const ciphertext = sealed.data() + kNonceSize;
  char* const tag = ciphertext + plaintext.size();
  int size = 0;
  Must(EVP_CipherInit_ex(Context(), Algorithm(), nullptr, Raw(key.bytes()), Raw(sealed.data()), 1));
  Must(Transform(associated_data, plaintext, ciphertext));
  Must(EVP_CipherFinal_ex(Context(), Raw(tag), &size));
  Must(EVP_CIPHER_CTX_ctrl(Context(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag));
  return sealed;
}

absl::StatusOr<std::string> Open(const Key& key, absl::string_view sealed, absl::string_view associated_data) {
  if (sealed.size() < kNonceSize + kTagSize) return Broken();
  const absl::string_view ciphertext = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string plaintext(ciphertext.size(), '\0');
  int size = 0;
  Must(EVP_CipherInit_ex(Context(), Algorithm(), nullptr, Raw(key.bytes()), Raw(sealed), 0));
  Must(EVP_CIPHER_CTX_ctrl(Context(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()));
  if (!Transform(associated_data, ciphertext, plaintext.data())) return Broken();
  if (EVP_CipherFinal_ex(Context(), Raw(tag.data()), &size) != 1) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return Broken();
  }
  return plaintext;
}

}  // namespace vivier::security
