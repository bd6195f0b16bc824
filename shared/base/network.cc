#include "shared/base/network.h"

#include <arpa/inet.h>

#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"

namespace vivier {
namespace {

struct Bytes {
  int family;
  unsigned char bytes[16];
};

std::optional<Bytes> Parse(absl::string_view address) {
  const std::string text(address);
  Bytes parsed{AF_INET, {}};
  if (inet_pton(AF_INET, text.c_str(), parsed.bytes) == 1) return parsed;
  parsed.family = AF_INET6;
  if (inet_pton(AF_INET6, text.c_str(), parsed.bytes) != 1) return std::nullopt;
  constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(parsed.bytes, kMapped, sizeof(kMapped)) != 0) return parsed;
  Bytes four{AF_INET, {}};
  std::memcpy(four.bytes, parsed.bytes + sizeof(kMapped), 4);
  return four;
}

}  // namespace

std::string NetworkOf(absl::string_view address, int four_bits, int six_bits) {
  std::optional<Bytes> parsed = Parse(address);
  if (!parsed.has_value()) return "";
  const bool four = parsed->family == AF_INET;
  const int bits = four ? four_bits : six_bits;
  for (int i = bits; i < (four ? 32 : 128); ++i)
    parsed->bytes[i / 8] &= static_cast<unsigned char>(~(0x80 >> (i % 8)));
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(parsed->family, parsed->bytes, text, sizeof(text)) == nullptr) return "";
  return bits == (four ? 32 : 128) ? std::string(text) : absl::StrCat(text, "/", bits);
}

bool IsLoopback(absl::string_view address) {
  const std::optional<Bytes> parsed = Parse(address);
  if (!parsed.has_value()) return false;
  if (parsed->family == AF_INET) return parsed->bytes[0] == 127;
  constexpr unsigned char kOne[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::memcmp(parsed->bytes, kOne, sizeof(kOne)) == 0;
}

}  // namespace vivier
