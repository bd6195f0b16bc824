#include "shared/base/uuid.h"

#include <array>

#include "absl/strings/ascii.h"
#include "shared/base/hash.h"
#include "shared/base/random.h"

namespace vivier {
namespace {

constexpr size_t kLength = 36;

bool IsHyphenPlace(size_t place) { return place == 8 || place == 13 || place == 18 || place == 23; }

}  // namespace

std::string RandomUuid() {
  std::array<char, 16> bytes;
  FillRandom(bytes.data(), bytes.size());
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // variant of RFC 4122
  std::string text = Hex(absl::string_view(bytes.data(), bytes.size()));
  for (size_t place : {8, 13, 18, 23}) text.insert(place, 1, '-');
  return text;
}

bool IsUuid(absl::string_view text) {
  if (text.size() != kLength) return false;
  for (size_t place = 0; place < kLength; ++place) {
    const auto character = static_cast<unsigned char>(text[place]);
    if (IsHyphenPlace(place) ? character != '-' : !absl::ascii_isxdigit(character)) return false;
  }
  return true;
}

}  // namespace vivier
