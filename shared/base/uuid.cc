#include "shared/base/uuid.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "shared/base/hash.h"
#include "shared/base/random.h"

namespace vivier {
namespace {

constexpr size_t kLength = 36;

bool IsHyphenPlace(size_t place) { return place == 8 || place == 13 || place == 18 || place == 23; }

// The first 16 of `bytes` as a UUID of that version.
std::string Format(std::string bytes, int version) {
  bytes.resize(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 9562
  std::string text = Hex(bytes);
  for (size_t place : {8, 13, 18, 23}) text.insert(place, 1, '-');
  return text;
}

}  // namespace

std::string RandomUuid() {
  std::string bytes(16, '\0');
  FillRandom(bytes.data(), bytes.size());
  return Format(std::move(bytes), 4);
}

std::string TimeOrderedUuid() {
  std::string bytes(16, '\0');
  FillRandom(bytes.data(), bytes.size());
  uint64_t milliseconds = static_cast<uint64_t>(absl::ToUnixMillis(absl::Now()));
  for (size_t place = 6; place-- > 0; milliseconds >>= 8)
    bytes[place] = static_cast<char>(milliseconds & 0xff);
  return Format(std::move(bytes), 7);
}

std::string UuidOf(absl::string_view text) { return Format(Sha256(text), 8); }

bool IsUuid(absl::string_view text) {
  if (text.size() != kLength) return false;
  for (size_t place = 0; place < kLength; ++place) {
    const auto character = static_cast<unsigned char>(text[place]);
    if (IsHyphenPlace(place) ? character != '-' : !absl::ascii_isxdigit(character)) return false;
  }
  return true;
}

}  // namespace vivier
