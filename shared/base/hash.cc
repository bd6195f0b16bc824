#include "shared/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/escaping.h"

namespace vivier {
namespace {

// OpenSSL 3 looks an algorithm up by name at every EVP_sha256(); fetching it once halves the cost
// of a short hash.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// One hash at a time in the thread's own context. SHA-256 in memory fails only on a broken
// installation.
class Digest {
 public:
  Digest() {
    if (EVP_DigestInit_ex(Context(), Algorithm(), nullptr) != 1) std::abort();
  }

  void Add(absl::string_view bytes) {
    if (EVP_DigestUpdate(Context(), bytes.data(), bytes.size()) != 1) std::abort();
  }

  void AddWithLength(absl::string_view bytes) {
    std::array<char, 8> length;
    for (size_t i = 0; i < length.size(); ++i)
      length[i] = static_cast<char>(uint64_t{bytes.size()} >> (8 * i));
    Add(absl::string_view(length.data(), length.size()));
    Add(bytes);
  }

  std::string Finish() {
    std::string hash(32, '\0');
    if (EVP_DigestFinal_ex(Context(), reinterpret_cast<unsigned char*>(hash.data()), nullptr) != 1)
      std::abort();
    return hash;
  }

 private:
  struct Owner {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~Owner() { EVP_MD_CTX_free(context); }
  };
  static EVP_MD_CTX* Context() {
    thread_local Owner owner;
    return owner.context;
  }
};

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The same for HMAC. Taking up a key costs as much as a short text, so the last one is kept.
class Hmac {
 public:
  static Hmac& Begin(absl::string_view key) {
    thread_local Hmac hmac;
    hmac.Take(key);
    return hmac;
  }

  void Add(absl::string_view bytes) {
    if (EVP_MAC_update(context_, Bytes(bytes), bytes.size()) != 1) std::abort();
  }

  std::string Finish() {
    std::string code(32, '\0');
    size_t size = 0;
    if (EVP_MAC_final(context_, reinterpret_cast<unsigned char*>(code.data()), &size,
                      code.size()) != 1)
      std::abort();
    return code;
  }

  ~Hmac() {
    OPENSSL_cleanse(key_.data(), key_.size());
    EVP_MAC_CTX_free(context_);
  }

 private:
  Hmac() {
    EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context_ = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    char hash[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", hash, 0),
                                     OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(context_, parameters) != 1) std::abort();
  }

  void Take(absl::string_view key) {
    const bool is_same = has_key_ && key == key_;
    if (EVP_MAC_init(context_, is_same ? nullptr : Bytes(key), is_same ? 0 : key.size(), nullptr) !=
        1)
      std::abort();
    if (is_same) return;
    OPENSSL_cleanse(key_.data(), key_.size());
    key_ = std::string(key);
    has_key_ = true;
  }

  EVP_MAC_CTX* context_;
  std::string key_;
  bool has_key_ = false;
};

}  // namespace

std::string Sha256(absl::string_view data) {
  Digest digest;
  digest.Add(data);
  return digest.Finish();
}

// Its own, for others hash meanwhile.
struct Sha256Sum::Context {
  EVP_MD_CTX* const digest = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(digest); }
};

Sha256Sum::Sha256Sum() : context_(std::make_unique<Context>()) {
  if (EVP_DigestInit_ex(context_->digest, Algorithm(), nullptr) != 1) std::abort();
}

Sha256Sum::~Sha256Sum() = default;

void Sha256Sum::Add(absl::string_view bytes) {
  if (EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) != 1) std::abort();
}

std::string Sha256Sum::Finish() {
  std::string hash(32, '\0');
  if (EVP_DigestFinal_ex(context_->digest, reinterpret_cast<unsigned char*>(hash.data()),
                         nullptr) != 1)
    std::abort();
  return hash;
}

std::string HmacSha256(absl::string_view key, absl::Span<const absl::string_view> parts) {
  Hmac& hmac = Hmac::Begin(key);
  for (absl::string_view part : parts) hmac.Add(part);
  return hmac.Finish();
}

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

std::string ChainHash(absl::string_view previous, absl::Span<const absl::string_view> fields) {
  Digest digest;
  digest.AddWithLength(previous);
  for (absl::string_view field : fields) digest.AddWithLength(field);
  return digest.Finish();
}

}  // namespace vivier
