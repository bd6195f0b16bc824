#include "shared/base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace vivier {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";
constexpr utf8proc_int32_t kApostrophe = '\'';

struct Character {
  utf8proc_int32_t code = -1;
  size_t bytes = 0;  // 0 when there is no UTF-8
};

Character Decode(absl::string_view text) {
  Character character;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &character.code);
  if (bytes > 0) character.bytes = static_cast<size_t>(bytes);
  return character;
}

// Bytes at the start of `text` that are ASCII and not NUL, by eight at a time.
size_t PlainBytes(absl::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
  size_t size = 0;
  for (uint64_t word; size + sizeof(word) <= text.size(); size += sizeof(word)) {
    std::memcpy(&word, text.data() + size, sizeof(word));
    const bool has_high_bit = (word & kHighBits) != 0;
    const bool has_zero = ((word - kOnes) & ~word & kHighBits) != 0;
    if (has_high_bit || has_zero) break;
  }
  return size;
}

// What people type as an apostrophe becomes one, before an acute accent decomposes into a blank.
utf8proc_int32_t UnifyApostrophe(utf8proc_int32_t code, void*) {
  switch (code) {
    case 0x0060:  // grave accent
    case 0x00B4:  // acute accent
    case 0x02B9:  // modifier letter prime
    case 0x02BC:  // modifier letter apostrophe
    case 0x2018:  // single quotation marks
    case 0x2019:
    case 0x2032:  // prime
    case 0xFF07:  // fullwidth apostrophe
      return kApostrophe;
    default:
      return code;
  }
}

// Letters that Unicode does not decompose, as those write them who have no such key; case is folded
// before.
absl::string_view WithoutStroke(utf8proc_int32_t code) {
  switch (code) {
    case 0x00E6:
      return "ae";  // æ
    case 0x00F0:    // ð
    case 0x0111:
      return "d";  // đ
    case 0x00F8:
      return "o";  // ø
    case 0x00FE:
      return "th";  // þ
    case 0x0131:
      return "i";  // ı
    case 0x0142:
      return "l";  // ł
    case 0x0153:
      return "oe";  // œ
    default:
      return "";
  }
}

bool IsLetterOrDigit(utf8proc_int32_t code) {
  const utf8proc_category_t category = utf8proc_category(code);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

// Folded and decomposed, without marks and what is ignorable; "" for more than memory holds.
std::string Folded(const std::string& text) {
  constexpr auto kOptions =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                     UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STRIPMARK);
  utf8proc_uint8_t* folded = nullptr;
  const utf8proc_ssize_t bytes = utf8proc_map_custom(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &folded, kOptions, UnifyApostrophe, nullptr);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(folded, &std::free);
  return bytes < 0 ? "" : std::string(reinterpret_cast<char*>(folded), static_cast<size_t>(bytes));
}

// Those that change in which direction text runs (UAX #9, Bidi_Control).
bool IsDirection(int32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool IsInvisible(int32_t code) {
  constexpr int32_t kBrailleBlank = 0x2800;
  const utf8proc_property_t& property = *utf8proc_get_property(code);
  return property.ignorable || property.category == UTF8PROC_CATEGORY_CF ||
         property.category == UTF8PROC_CATEGORY_ZL || property.category == UTF8PROC_CATEGORY_ZP ||
         code == kBrailleBlank;
}

std::optional<ForbiddenCharacter::Kind> KindOf(int32_t code) {
  using Kind = ForbiddenCharacter::Kind;
  if (utf8proc_category(code) == UTF8PROC_CATEGORY_CC) return Kind::kControl;
  if (IsDirection(code)) return Kind::kDirection;
  if (IsInvisible(code)) return Kind::kInvisible;
  return std::nullopt;
}

bool BelongsToText(ForbiddenCharacter::Kind kind, int32_t code) {
  return kind == ForbiddenCharacter::Kind::kInvisible || code == '\n' || code == '\r' ||
         code == '\t';
}

bool IsPrintableAscii(char c) { return c >= ' ' && c <= '~'; }

}  // namespace

size_t CharacterBytes(absl::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text[0]) < 0x80) return 1;
  return Decode(text).bytes;
}

size_t TextBytes(absl::string_view bytes) {
  size_t at = PlainBytes(bytes);
  while (at < bytes.size() && bytes[at] != '\0') {
    const size_t length = CharacterBytes(bytes.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

bool IsText(absl::string_view bytes) { return TextBytes(bytes) == bytes.size(); }

std::string ReplaceInvalid(absl::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const size_t valid = TextBytes(bytes);
    absl::StrAppend(&out, bytes.substr(0, valid));
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    absl::StrAppend(&out, kReplacement);
    bytes.remove_prefix(1);
  }
  return out;
}

std::string NameKey(absl::string_view name) {
  const std::string folded = Folded(ReplaceInvalid(name));
  std::vector<std::string> parts(1);
  for (absl::string_view rest = folded; !rest.empty();) {
    const Character character = Decode(rest);
    if (character.bytes == 0) break;
    // Some come out of a decomposition only: ŉ.
    const bool joins = UnifyApostrophe(character.code, nullptr) == kApostrophe;
    if (!joins && IsLetterOrDigit(character.code)) {
      const absl::string_view plain = WithoutStroke(character.code);
      absl::StrAppend(&parts.back(), plain.empty() ? rest.substr(0, character.bytes) : plain);
    } else if (!joins) {
      parts.emplace_back();
    }
    rest.remove_prefix(character.bytes);
  }
  std::sort(parts.begin(), parts.end());
  return absl::StrJoin(parts, "");
}

std::optional<ForbiddenCharacter> FindForbidden(absl::string_view text, Written as) {
  using Kind = ForbiddenCharacter::Kind;
  if (std::all_of(text.begin(), text.end(), IsPrintableAscii)) return std::nullopt;
  for (int position = 1; !text.empty(); ++position) {
    const Character character = Decode(text);
    if (character.bytes == 0)
      return ForbiddenCharacter{Kind::kNotUtf8, static_cast<unsigned char>(text[0]), position};
    const std::optional<Kind> kind = KindOf(character.code);
    if (kind.has_value() && !(as == Written::kText && BelongsToText(*kind, character.code)))
      return ForbiddenCharacter{*kind, character.code, position};
    text.remove_prefix(character.bytes);
  }
  return std::nullopt;
}

bool IsBlank(absl::string_view text) {
  while (!text.empty()) {
    const Character character = Decode(text);
    const bool blank =
        character.bytes > 0 &&
        (character.code == '\n' || character.code == '\r' || character.code == '\t' ||
         utf8proc_category(character.code) == UTF8PROC_CATEGORY_ZS);
    if (!blank) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

std::string Describe(const ForbiddenCharacter& character) {
  using Kind = ForbiddenCharacter::Kind;
  const int code = character.code;
  switch (character.kind) {
    case Kind::kNotUtf8:
      return absl::StrFormat("character %d is the byte %02X, which is not UTF-8",
                             character.position, code);
    case Kind::kControl:
      return absl::StrFormat("character %d is U+%04X, a control character", character.position,
                             code);
    case Kind::kDirection:
      return absl::StrFormat("character %d is U+%04X, which changes the direction of text",
                             character.position, code);
    case Kind::kInvisible:
      return absl::StrFormat("character %d is U+%04X, which is invisible", character.position,
                             code);
  }
  return "";
}

}  // namespace vivier
