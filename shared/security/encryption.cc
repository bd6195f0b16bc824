#include "shared/security/encryption.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>
#include <optional>

#include "shared/base/error.h"
#include "shared/base/random.h"

namespace vivier::security {
namespace {

constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;

const unsigned char* Raw(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* Raw(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

// Fetched once: OpenSSL 3 looks an algorithm up by name at every EVP_aes_256_gcm().
const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return algorithm;
}

// Encryption in memory fails only on a broken installation; going on would store nothing, or plain
// text.
void Must(int answer) {
  if (answer != 1) std::abort();
}

// The thread's cipher. Setting up a key costs more than a short text, and the columns of a row
// follow each other with the same one.
class Cipher {
 public:
  static Cipher& OfThread() {
    thread_local Cipher cipher;
    return cipher;
  }

  // Begins to encrypt (1) or decrypt (0).
  EVP_CIPHER_CTX* Begin(const Key& key, absl::string_view nonce, int encrypt) {
    const bool known = key_.has_value() && key_->bytes() == key.bytes();
    Must(EVP_CipherInit_ex(context_, known ? nullptr : Algorithm(), nullptr,
                           known ? nullptr : Raw(key.bytes()), Raw(nonce), encrypt));
    if (!known) key_ = key;
    return context_;
  }

 private:
  Cipher() = default;
  ~Cipher() { EVP_CIPHER_CTX_free(context_); }

  EVP_CIPHER_CTX* const context_ = EVP_CIPHER_CTX_new();
  std::optional<Key> key_;
};

// Takes the associated data, then turns `from` into as many bytes at `to`.
bool Transform(EVP_CIPHER_CTX* context, absl::string_view associated_data, absl::string_view from,
               char* to) {
  int size = 0;
  return EVP_CipherUpdate(context, nullptr, &size, Raw(associated_data),
                          static_cast<int>(associated_data.size())) == 1 &&
         EVP_CipherUpdate(context, Raw(to), &size, Raw(from), static_cast<int>(from.size())) == 1;
}

absl::Status Broken() {
  return Error(absl::StatusCode::kDataLoss, "DECRYPTION_FAILED",
               "an encrypted value does not open with this key in this place");
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

std::string Encrypt(const Key& key, absl::string_view plaintext,
                    absl::string_view associated_data) {
  std::string encrypted(kNonceSize + plaintext.size() + kTagSize, '\0');
  FillRandom(encrypted.data(), kNonceSize);
  char* const ciphertext = encrypted.data() + kNonceSize;
  char* const tag = ciphertext + plaintext.size();
  int size = 0;
  EVP_CIPHER_CTX* const context =
      Cipher::OfThread().Begin(key, absl::string_view(encrypted).substr(0, kNonceSize), 1);
  Must(Transform(context, associated_data, plaintext, ciphertext));
  Must(EVP_CipherFinal_ex(context, Raw(tag), &size));
  Must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag));
  return encrypted;
}

absl::StatusOr<std::string> Decrypt(const Key& key, absl::string_view encrypted,
                                    absl::string_view associated_data) {
  if (encrypted.size() < kNonceSize + kTagSize) return Broken();
  const absl::string_view ciphertext =
      encrypted.substr(kNonceSize, encrypted.size() - kNonceSize - kTagSize);
  std::string tag(encrypted.substr(encrypted.size() - kTagSize));
  std::string plaintext(ciphertext.size(), '\0');
  int size = 0;
  EVP_CIPHER_CTX* const context = Cipher::OfThread().Begin(key, encrypted.substr(0, kNonceSize), 0);
  Must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()));
  if (!Transform(context, associated_data, ciphertext, plaintext.data())) return Broken();
  if (EVP_CipherFinal_ex(context, Raw(tag.data()), &size) != 1) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return Broken();
  }
  return plaintext;
}

}  // namespace vivier::security
