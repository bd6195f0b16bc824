#include "shared/security/mac_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace vivier::security {
namespace {

struct Free {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// OpenSSL has it in its default provider, or the program cannot work at all.
EVP_MAC_CTX& Context() {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  thread_local const std::unique_ptr<EVP_MAC_CTX, Free> context(
      algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm));
  if (context == nullptr) {
    std::fputs("OpenSSL has no SipHash\n", stderr);
    std::abort();
  }
  return *context;
}

}  // namespace

std::string MacKey::Of(absl::string_view bytes) const {
  constexpr size_t kKeySize = 16;
  EVP_MAC_CTX& context = Context();
  std::string mac(kMacSize, '\0');
  size_t size = 0;
  const bool done =
      EVP_MAC_init(&context, reinterpret_cast<const unsigned char*>(key_.bytes().data()), kKeySize,
                   nullptr) == 1 &&
      EVP_MAC_update(&context, reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size()) == 1 &&
      EVP_MAC_final(&context, reinterpret_cast<unsigned char*>(&mac[0]), &size, mac.size()) == 1;
  if (!done || size != kMacSize) {
    std::fputs("OpenSSL refused to compute a SipHash\n", stderr);
    std::abort();
  }
  return mac;
}

absl::uint128 MacNumber(absl::string_view mac) {
  absl::uint128 number = 0;
  for (size_t i = kMacSize; i-- > 0;) number = number << 8 | static_cast<unsigned char>(mac[i]);
  return number;
}

}  // namespace vivier::security
