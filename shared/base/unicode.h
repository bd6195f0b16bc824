// Text as Unicode: whether bytes are UTF-8, what names are compared by, and what no name may hold.
// The tables are libutf8proc's. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier {

// The bytes of the UTF-8 character at the start of `text` (RFC 3629: no overlong form, no
// surrogate, nothing above U+10FFFF); 0 when there is none.
size_t CharacterBytes(absl::string_view text);

// The length of the longest beginning of `bytes` that is UTF-8 without a NUL, which our databases
// do not store, and that ends with a whole character.
size_t TextBytes(absl::string_view bytes);

// Whether all of `bytes` is such text.
bool IsText(absl::string_view bytes);

// `bytes` with each byte that breaks IsText replaced by U+FFFD, so that it can be stored and quoted
// in a report.
std::string ReplaceInvalid(absl::string_view bytes);

// What two names of a person are compared by: equal keys are a likely match, never a proof. The key
// is the name after compatibility folding (NFKD), without case, marks, invisible characters, blanks
// and punctuation, its parts sorted: "Dupont-Łęcki, Jean" and "jean lecki DUPONT" have one key.
// Blanks and punctuation part a name, except for apostrophes and behind a prefix: "O'Neill",
// "O Neill" and "ONeill" are one part, and so are those with d, l, mc and mac. A line break parts
// family and given name, whatever ends there. A title before a name (M., Mme) is dropped, Saint and
// its abbreviations are one, Mc is Mac. Bytes that are not UTF-8 count as a blank.
std::string NameKey(absl::string_view name);

// Each key by which the name is compared, NameKey first: one more where particles are joined with
// what follows ("Le Gall" as LEGALL is written), and again with ä, ö, ü as ae, oe, ue. Two names
// are likely one person's where they share a key.
std::vector<std::string> NameKeys(absl::string_view name);

// A character that is refused because nobody sees it.
struct ForbiddenCharacter {
  enum class Kind { kNotUtf8, kControl, kDirection, kInvisible };
  Kind kind;
  int32_t code;  // the code point, or the byte where it is not UTF-8
  int position;  // 1 for the first character
};

// Whether `text` holds nothing but blanks of any kind.
bool IsBlank(absl::string_view text);

// A line is a name, a word, an address. A text may have line breaks and tabs, and the invisible
// characters that join signs or say where a word may break.
enum class Written { kLine, kText };

// The first one of `text`, nullopt when it holds none. Characters that change the direction make
// people read what is not written (CVE-2021-42574), so neither kind has any.
std::optional<ForbiddenCharacter> FindForbidden(absl::string_view text,
                                                Written as = Written::kLine);

// "character 5 is U+202E, which changes the direction of text"
std::string Describe(const ForbiddenCharacter& character);

}  // namespace vivier
