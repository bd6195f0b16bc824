// What importers do to text that others wrote: tell UTF-8 from anything else, count characters,
// undo HTML that was escaped into a plain text, recognise fillers. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier::formats {

// Whether `bytes` is UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF)
// without a NUL, which our databases do not store.
bool IsText(absl::string_view bytes);

// The length of the longest beginning of `bytes` that is such text and ends with a whole character.
size_t ValidPrefix(absl::string_view bytes);

// `bytes` with each byte that breaks IsText replaced by U+FFFD, so that it can be stored and quoted
// in a report.
std::string ReplaceInvalid(absl::string_view bytes);

// The number of Unicode code points of valid UTF-8.
int Characters(absl::string_view text);

// The first `characters_max` code points of valid UTF-8.
std::string Shorten(absl::string_view text, int characters_max);

// `text` without leading, trailing and repeated white space; no-break spaces count as white space.
std::string CollapseSpace(absl::string_view text);

// Whether `text` stands for nothing: empty, or only dashes, dots, underscores and spaces, or "n/a",
// "néant", "nd".
bool IsFiller(absl::string_view text);

// Whether `text` holds HTML markup: a tag such as "<p>" or a character reference such as
// "&eacute;".
bool LooksLikeHtml(absl::string_view text);

// The plain text of an HTML fragment: paragraphs, breaks and list items become lines, tags and
// comments go, the common character references are resolved. Never fails: what is not markup stays
// as it is.
std::string HtmlToText(absl::string_view html);

}  // namespace vivier::formats
