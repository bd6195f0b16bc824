// What importers do to text that others wrote: count characters, undo HTML that was escaped into a
// plain text, recognise fillers. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier::formats {

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
