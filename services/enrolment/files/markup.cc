#include "services/enrolment/files/markup.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "shared/base/unicode.h"

namespace vivier::enrolment {
namespace {

// A drawing's path takes some 100 KiB.
constexpr size_t kItemBytesMax = 1 << 20;

absl::string_view LocalName(absl::string_view name) { return name.substr(name.rfind(':') + 1); }

// A character above ASCII, which nothing looks for, is '?'.
std::optional<char> Referred(absl::string_view name) {
  if (name == "amp") return '&';
  if (name == "lt") return '<';
  if (name == "gt") return '>';
  if (name == "quot") return '"';
  if (name == "apos") return '\'';
  uint32_t code = 0;
  if (!absl::ConsumePrefix(&name, "#") || name.empty()) return std::nullopt;
  const bool is_hex = absl::ConsumePrefix(&name, "x");
  if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      }))
    return std::nullopt;
  if (!(is_hex ? absl::SimpleHexAtoi(name, &code) : absl::SimpleAtoi(name, &code)) || code == 0)
    return std::nullopt;
  return code < 0x80 ? static_cast<char>(code) : '?';
}

std::optional<std::string> Decoded(absl::string_view text) {
  std::string plain;
  for (size_t at = text.find('&'); at != text.npos; at = text.find('&')) {
    absl::StrAppend(&plain, text.substr(0, at));
    const size_t end = text.find(';', at);
    if (end == text.npos) return std::nullopt;
    const std::optional<char> c = Referred(text.substr(at + 1, end - at - 1));
    if (!c.has_value()) return std::nullopt;
    plain.push_back(*c);
    text.remove_prefix(end + 1);
  }
  absl::StrAppend(&plain, text);
  return plain;
}

// <?xml version="1.0" encoding="UTF-8" standalone="yes"?>, or any other instruction.
bool IsInstruction(absl::string_view inside) {
  if (!absl::ConsumePrefix(&inside, "xml")) return true;
  if (!inside.empty() && !absl::ascii_isspace(static_cast<unsigned char>(inside.front())))
    return absl::StartsWith(inside, "-");  // <?xml-stylesheet …?>
  std::string said = absl::AsciiStrToLower(inside);
  said.erase(
      std::remove_if(said.begin(), said.end(),
                     [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }),
      said.end());
  said = absl::StrReplaceAll(said, {{"'", "\""}});
  absl::string_view rest = said;
  if (!absl::ConsumePrefix(&rest, "version=\"1.0\"")) return false;
  absl::ConsumePrefix(&rest, "encoding=\"utf-8\"");
  if (!absl::ConsumePrefix(&rest, "standalone=\"yes\""))
    absl::ConsumePrefix(&rest, "standalone=\"no\"");
  return rest.empty();
}

// Where the ">" of the tag stands; npos where it has not come, or where there is a "<" before it.
size_t TagEnd(absl::string_view bytes, bool& broken) {
  char quote = '\0';
  for (size_t at = 1; at < bytes.size(); ++at) {
    const char c = bytes[at];
    broken = broken || c == '<';
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at;
    }
  }
  return bytes.npos;
}

// The attribute at the start of `inside`, which loses it.
bool TakeAttribute(absl::string_view& inside, Tag& tag) {
  const size_t equals = inside.find('=');
  if (equals == inside.npos) return false;
  const absl::string_view name = absl::StripAsciiWhitespace(inside.substr(0, equals));
  inside = absl::StripLeadingAsciiWhitespace(inside.substr(equals + 1));
  if (inside.empty() || (inside.front() != '"' && inside.front() != '\'')) return false;
  const size_t end = inside.find(inside.front(), 1);
  if (end == inside.npos || name.empty() || name.find_first_of(" \t\r\n\"'/") != name.npos)
    return false;
  const std::optional<std::string> value = Decoded(inside.substr(1, end - 1));
  if (!value.has_value()) return false;
  tag.attributes.emplace_back(LocalName(name), *value);
  inside = absl::StripAsciiWhitespace(inside.substr(end + 1));
  return true;
}

// What stands between "<" and ">".
bool ParseTag(absl::string_view inside, Tag& tag) {
  tag.closes = absl::ConsumePrefix(&inside, "/");
  tag.is_empty = absl::ConsumeSuffix(&inside, "/");
  const size_t end = std::min(inside.find_first_of(" \t\r\n"), inside.size());
  const absl::string_view name = inside.substr(0, end);
  if (name.empty() || name.find_first_of("/=\"'&") != name.npos || (tag.closes && tag.is_empty))
    return false;
  tag.name = LocalName(name);
  inside = absl::StripAsciiWhitespace(inside.substr(end));
  while (!inside.empty())
    if (!TakeAttribute(inside, tag)) return false;
  return !tag.closes || tag.attributes.empty();
}

}  // namespace

bool Tag::Has(absl::string_view attribute, absl::string_view value) const {
  return std::any_of(attributes.begin(), attributes.end(), [&](const auto& known) {
    return known.first == attribute && absl::EqualsIgnoreCase(known.second, value);
  });
}

bool MarkupReader::Break() {
  broken_ = true;
  return false;
}

bool MarkupReader::Take(absl::string_view piece) {
  absl::StrAppend(&half_, piece);
  has_bytes_ = has_bytes_ || !piece.empty();
  const size_t whole = TextBytes(half_);
  absl::StrAppend(&rest_, half_.substr(0, whole));
  half_.erase(0, whole);
  absl::string_view bytes = rest_;
  while (TakeOne(bytes)) continue;
  rest_.erase(0, rest_.size() - bytes.size());
  return !broken_ && half_.size() < 4 && rest_.size() <= kItemBytesMax;
}

bool MarkupReader::TakeOne(absl::string_view& bytes) {
  if (broken_ || bytes.empty()) return false;
  if (bytes.front() != '<') return ReadText(bytes);
  if (bytes.size() < 4 && bytes.find('>') == bytes.npos) return false;
  const bool is_comment = absl::StartsWith(bytes, "<!--");
  if (!is_comment && absl::StartsWith(bytes, "<!")) return Break();
  if (!is_comment && !absl::StartsWith(bytes, "<?")) return ReadTag(bytes);
  const absl::string_view mark = is_comment ? "-->" : "?>";
  const size_t begin = is_comment ? 4 : 2;
  const size_t end = bytes.find(mark, begin);
  if (end == bytes.npos) return false;
  if (!is_comment && !IsInstruction(bytes.substr(begin, end - begin))) return Break();
  bytes.remove_prefix(end + mark.size());
  return true;
}

bool MarkupReader::ReadText(absl::string_view& bytes) {
  const size_t end = std::min(bytes.find('<'), bytes.size());
  if (wants_text_) {
    if (end == bytes.size()) return false;
    const std::optional<std::string> text = Decoded(bytes.substr(0, end));
    if (!text.has_value()) return Break();
    text_(*text);
  }
  bytes.remove_prefix(end);
  return true;
}

bool MarkupReader::ReadTag(absl::string_view& bytes) {
  const size_t end = TagEnd(bytes, broken_);
  if (broken_ || end == bytes.npos) return false;
  Tag tag;
  if (!ParseTag(bytes.substr(1, end - 1), tag)) return Break();
  if (!tag.closes && depth_ == 0 && std::exchange(has_root_, true)) return Break();
  if (!tag.is_empty) depth_ += tag.closes ? -1 : 1;
  if (depth_ < 0) return Break();
  wants_text_ = tag_(tag);
  bytes.remove_prefix(end + 1);
  return true;
}

}  // namespace vivier::enrolment
