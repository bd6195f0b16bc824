#include "shared/base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

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

// Letters that Unicode does not decompose, as those write them who have no such key or leave it
// out; case is folded before.
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
    case 0x0629:
      return "ه";  // ة, which many write without its dots
    case 0x0649:
    case 0x06CC:
      return "ي";  // ى and the Persian one, which stand for it at the end of a word
    default:
      return "";
  }
}

// A lengthening of the line between Arabic letters, which means nothing.
constexpr utf8proc_int32_t kTatweel = 0x0640;

template <size_t kCount>
bool IsOneOf(const absl::string_view (&words)[kCount], absl::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// What is written before a name with a blank, an apostrophe or nothing: O Neill, d Arc, Mac Donald.
bool IsPrefix(absl::string_view word) {
  static constexpr absl::string_view kPrefixes[] = {"d", "l", "o", "mc", "mac"};
  return IsOneOf(kPrefixes, word);
}

// A word of its own for some, and joined with the name by others, forms above all: Le Gall, LEGALL.
// Elsewhere some of these are whole names (Nguyen Van Minh), so a name with one has two keys.
bool IsParticle(absl::string_view word) {
  static constexpr absl::string_view kParticles[] = {
      "abd", "abou", "abu", "ait",  "al",    "ben",    "bin", "bint",  "da", "das", "de",
      "del", "dela", "den", "der",  "des",   "di",     "do",  "dos",   "du", "el",  "ibn",
      "la",  "le",   "les", "ould", "saint", "sainte", "san", "santa", "st", "ste", "ten",
      "ter", "van",  "von", "zu",   "عبد",   "ابو",    "ابن", "بن"};
  return IsOneOf(kParticles, word);
}

// What forms and people put before a name, which is none.
bool IsTitle(absl::string_view word) {
  static constexpr absl::string_view kTitles[] = {
      "m", "mr", "mrs", "ms", "mme", "mlle", "monsieur", "madame", "mademoiselle"};
  return IsOneOf(kTitles, word);
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

using Words = std::vector<std::string>;

// The words of each field, as they are compared.
std::vector<Words> FieldsOf(absl::string_view name) {
  const std::string folded = Folded(ReplaceInvalid(name));
  std::vector<Words> fields(1, Words(1));
  for (absl::string_view rest = folded; !rest.empty();) {
    const Character character = Decode(rest);
    if (character.bytes == 0) break;
    // Some apostrophes come out of a decomposition only: ŉ.
    const bool joins =
        UnifyApostrophe(character.code, nullptr) == kApostrophe || character.code == kTatweel;
    if (!joins && IsLetterOrDigit(character.code)) {
      const absl::string_view plain = WithoutStroke(character.code);
      absl::StrAppend(&fields.back().back(),
                      plain.empty() ? rest.substr(0, character.bytes) : plain);
    } else if (character.code == '\n') {
      fields.emplace_back(1);
    } else if (!joins && !fields.back().back().empty()) {
      fields.back().emplace_back();
    }
    rest.remove_prefix(character.bytes);
  }
  return fields;
}

// What is joined with the word behind it, in the same field.
enum class Joined { kPrefixes, kParticlesToo };

// A part of a name as all of its spellings are compared.
std::string Spelled(std::string part, Joined joined) {
  if (part.size() > 2 && part[0] == 'm' && part[1] == 'c') return "mac" + part.substr(2);
  if (joined == Joined::kPrefixes && (part == "st" || part == "ste" || part == "sainte"))
    return "saint";
  return part;
}

// "Ste Rose" is joined as "SAINTEROSE" is written.
std::string Unabridged(const std::string& word) {
  return word == "st" ? "saint" : word == "ste" ? "sainte" : word;
}

std::string KeyOf(absl::string_view name, Joined joined) {
  std::vector<std::string> parts;
  for (Words& words : FieldsOf(name)) {
    if (words.back().empty()) words.pop_back();
    if (words.size() > 1 && IsTitle(words.front())) words.erase(words.begin());
    std::string part;
    for (size_t i = 0; i < words.size(); ++i) {
      const bool particle = joined == Joined::kParticlesToo && IsParticle(words[i]);
      part += particle ? Unabridged(words[i]) : words[i];
      if ((particle || IsPrefix(words[i])) && i + 1 < words.size()) continue;
      parts.push_back(Spelled(std::exchange(part, ""), joined));
    }
  }
  std::sort(parts.begin(), parts.end());
  return absl::StrJoin(parts, "");
}

// Müller as those write it who have no such key.
std::string WithUmlautsAsLetters(absl::string_view name) {
  const std::string text = ReplaceInvalid(name);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> composed(
      utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str())), &std::free);
  if (composed == nullptr) return text;
  return absl::StrReplaceAll(
      reinterpret_cast<const char*>(composed.get()),
      {{"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"Ä", "ae"}, {"Ö", "oe"}, {"Ü", "ue"}});
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

std::string NameKey(absl::string_view name) { return KeyOf(name, Joined::kPrefixes); }

std::vector<std::string> NameKeys(absl::string_view name) {
  std::vector<std::string> keys;
  for (const std::string& written : {std::string(name), WithUmlautsAsLetters(name)})
    for (const Joined joined : {Joined::kPrefixes, Joined::kParticlesToo}) {
      std::string key = KeyOf(written, joined);
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
  return keys;
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
