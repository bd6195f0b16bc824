#include "shared/formats/text.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace vivier::formats {
namespace {

constexpr absl::string_view kNoBreakSpaces[] = {"\xC2\xA0", "\xE2\x80\xAF"};

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The bytes of white space at the start of `text`, 0 when there is none.
size_t SpaceLength(absl::string_view text) {
  if (absl::ascii_isspace(static_cast<unsigned char>(text[0]))) return 1;
  for (absl::string_view space : kNoBreakSpaces) {
    if (absl::StartsWith(text, space)) return space.size();
  }
  return 0;
}

void AppendCodePoint(uint32_t code, std::string& out) {
  auto push = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6), push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12), push(0x80 | (code >> 6 & 0x3F)), push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | code >> 18), push(0x80 | (code >> 12 & 0x3F)), push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  }
}

// The named references that French editors write.
constexpr std::pair<absl::string_view, absl::string_view> kNamed[] = {
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},
    {"nbsp", " "},   {"agrave", "à"}, {"acirc", "â"},  {"ccedil", "ç"}, {"egrave", "è"},
    {"eacute", "é"}, {"ecirc", "ê"},  {"euml", "ë"},   {"icirc", "î"},  {"iuml", "ï"},
    {"ocirc", "ô"},  {"ugrave", "ù"}, {"ucirc", "û"},  {"uuml", "ü"},   {"oelig", "œ"},
    {"Agrave", "À"}, {"Ccedil", "Ç"}, {"Egrave", "È"}, {"Eacute", "É"}, {"Ecirc", "Ê"},
    {"Ocirc", "Ô"},  {"OElig", "Œ"},  {"laquo", "«"},  {"raquo", "»"},  {"rsquo", "’"},
    {"lsquo", "‘"},  {"ldquo", "“"},  {"rdquo", "”"},  {"hellip", "…"}, {"ndash", "–"},
    {"mdash", "—"},  {"bull", "•"},   {"euro", "€"},   {"deg", "°"},    {"middot", "·"},
};

// Resolves the character reference at the start of `html` ("&…;"); returns its length, 0 when it is
// none.
size_t ResolveReference(absl::string_view html, std::string& out) {
  const size_t end = html.substr(0, 12).find(';');
  if (html[0] != '&' || end == absl::string_view::npos || end < 2) return 0;
  absl::string_view name = html.substr(1, end - 1);
  if (name[0] == '#') {
    const bool hexadecimal = name.size() > 1 && (name[1] | 0x20) == 'x';
    uint32_t code = 0;
    const bool number = hexadecimal ? absl::SimpleHexAtoi(name.substr(2), &code)
                                    : absl::SimpleAtoi(name.substr(1), &code);
    if (!number || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
    AppendCodePoint(code, out);
    return end + 1;
  }
  for (const auto& [key, value] : kNamed) {
    if (key != name) continue;
    absl::StrAppend(&out, value);
    return end + 1;
  }
  return 0;
}

// Finds tags and comments from the beginning of a text to its end. It looks at each place once for
// what ends them: a text of nothing but openings must not take the square of its length.
class Tags {
 public:
  explicit Tags(absl::string_view html) : html_(html) {}

  // The length of the tag or comment at `at`, 0 when there is none: "a < b" is text. `at` never
  // goes back.
  size_t LengthAt(size_t at) {
    const absl::string_view rest = html_.substr(at);
    if (rest[0] != '<' || rest.size() < 3) return 0;
    if (absl::StartsWith(rest, "<!--")) return LengthTo(comment_, "-->", at);
    const char c = rest[1] == '/' ? rest[2] : rest[1];
    return absl::ascii_isalpha(static_cast<unsigned char>(c)) ? LengthTo(tag_, ">", at) : 0;
  }

 private:
  size_t LengthTo(std::optional<size_t>& next, absl::string_view end, size_t at) {
    if (!next.has_value() || *next < at) next = html_.find(end, at);
    return *next == absl::string_view::npos ? 0 : *next + end.size() - at;
  }

  const absl::string_view html_;
  std::optional<size_t> tag_, comment_;  // where the next one ends
};

std::string TagName(absl::string_view tag) {
  tag.remove_prefix(tag[1] == '/' ? 2 : 1);
  size_t length = 0;
  while (length < tag.size() && absl::ascii_isalnum(static_cast<unsigned char>(tag[length])))
    ++length;
  return absl::AsciiStrToLower(tag.substr(0, length));
}

// What stands in a plain text where the tag stood.
absl::string_view InPlaceOf(absl::string_view tag) {
  constexpr absl::string_view kBlocks[] = {"p",  "div", "br", "ul", "ol", "tr", "table", "h1",
                                           "h2", "h3",  "h4", "h5", "h6", "dl", "dt",    "dd"};
  const std::string name = TagName(tag);
  if (name == "li") return tag[1] == '/' ? "" : "\n- ";
  for (absl::string_view block : kBlocks) {
    if (name == block) return "\n";
  }
  return "";
}

// Lines without white space around them, no empty ones.
std::string TidyLines(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string line = CollapseSpace(text.substr(0, end));
    if (!line.empty() && line != "-") absl::StrAppend(&out, out.empty() ? "" : "\n", line);
    if (end == absl::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

int Characters(absl::string_view text) {
  int count = 0;
  for (char c : text) count += !Continues(c);
  return count;
}

std::string Shorten(absl::string_view text, int characters_max) {
  size_t at = 0;
  for (int count = 0; at < text.size(); ++at) {
    if (!Continues(text[at]) && count++ == characters_max) break;
  }
  return std::string(text.substr(0, at));
}

std::string CollapseSpace(absl::string_view text) {
  std::string out;
  bool space = false;
  while (!text.empty()) {
    const size_t length = SpaceLength(text);
    if (length == 0) {
      if (space && !out.empty()) out.push_back(' ');
      out.push_back(text[0]);
    }
    space = length > 0;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

bool IsFiller(absl::string_view text) {
  const std::string word = absl::AsciiStrToLower(CollapseSpace(text));
  if (word.find_first_not_of("-._ ") == std::string::npos) return true;
  for (absl::string_view filler : {"n/a", "nd", "n.d.", "néant", "neant", "—", "–"}) {
    if (word == filler) return true;
  }
  return false;
}

bool LooksLikeHtml(absl::string_view text) {
  std::string ignored;
  Tags tags(text);
  for (size_t at = 0; at < text.size(); ++at) {
    if (tags.LengthAt(at) > 0) return true;
    if (text[at] == '&' && ResolveReference(text.substr(at), ignored) > 0) return true;
  }
  return false;
}

std::string HtmlToText(absl::string_view html) {
  std::string out;
  Tags tags(html);
  for (size_t at = 0; at < html.size();) {
    if (const size_t tag = tags.LengthAt(at); tag > 0) {
      absl::StrAppend(&out, html[at + 1] == '!' ? "" : InPlaceOf(html.substr(at, tag)));
      at += tag;
    } else if (const size_t reference = ResolveReference(html.substr(at), out); reference > 0) {
      at += reference;
    } else {
      out.push_back(html[at++]);
    }
  }
  return TidyLines(out);
}

}  // namespace vivier::formats
