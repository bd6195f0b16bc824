#include "shared/base/hash.h"

#include <openssl/evp.h>

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

}  // namespace

std::string Sha256(absl::string_view data) {
  Digest digest;
  digest.Add(data);
  return digest.Finish();
}

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

std::string ChainHash(absl::string_view previous, absl::Span<const absl::string_view> fields) {
  Digest digest;
  digest.AddWithLength(previous);
  for (absl::string_view field : fields) digest.AddWithLength(field);
  return digest.Finish();
}

}  // namespace vivier
