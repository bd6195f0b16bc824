#include "shared/formats/xml.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/formats/text.h"

namespace vivier::formats {
namespace {

struct Fault {
  size_t offset;
  absl::string_view cause;
  std::string what;
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsNameStart(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || c == ':' ||
         (c & 0x80) != 0;
}

bool IsNameByte(char c) {
  return IsNameStart(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' ||
         c == '.';
}

// One pass over valid UTF-8 that follows the productions of XML 1.0 as far as documents without
// definitions need.
class Scan {
 public:
  explicit Scan(absl::string_view text) : text_(text) {}

  // False when the text is not well-formed; fault() says where and why.
  bool Run() {
    if (absl::StartsWith(text_, "\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) {
      if (!(text_[at_] == '<' ? Markup() : CharacterData())) return false;
    }
    if (!open_.empty()) {
      return Fail(text_.size(), "CUT_SHORT",
                  absl::StrCat("the text ends inside <", open_.back(), ">"));
    }
    return root_seen_ || Fail(0, "NO_ROOT", "there is no element");
  }

  const Fault& fault() const { return fault_; }

 private:
  bool Fail(size_t offset, absl::string_view cause, std::string what) {
    fault_ = {offset, cause, std::move(what)};
    return false;
  }

  bool CharacterData() {
    for (; at_ < text_.size() && text_[at_] != '<'; ++at_) {
      if (open_.empty() && !IsSpace(text_[at_]))
        return Fail(at_, "TEXT_OUTSIDE", "text outside the root element");
      if (text_[at_] == '&' && !Reference()) return false;
      if (IsControl()) return Fail(at_, "NOT_TEXT", "a control character");
      if (absl::StartsWith(text_.substr(at_), "]]>"))
        return Fail(at_, "SYNTAX", "\"]]>\" outside CDATA");
    }
    return true;
  }

  bool IsControl() const {
    return static_cast<unsigned char>(text_[at_]) < 0x20 && !IsSpace(text_[at_]);
  }

  bool Reference() {
    const size_t end = text_.substr(at_, 12).find(';');
    absl::string_view name = end == absl::string_view::npos ? "" : text_.substr(at_ + 1, end - 1);
    bool known = false;
    for (absl::string_view predefined : {"amp", "lt", "gt", "quot", "apos"})
      known |= name == predefined;
    if (absl::StartsWith(name, "#")) {
      uint32_t code = 0;
      const bool number = absl::StartsWith(name, "#x") ? absl::SimpleHexAtoi(name.substr(2), &code)
                                                       : absl::SimpleAtoi(name.substr(1), &code);
      known = number && (code >= 0x20 || code == 9 || code == 10 || code == 13) &&
              code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    }
    return known || Fail(at_, "REFERENCE", "a \"&\" that begins no known reference");
  }

  bool Markup() {
    absl::string_view rest = text_.substr(at_);
    if (absl::StartsWith(rest, "<!--")) return Skip("-->", 4, "a comment is not closed");
    if (absl::StartsWith(rest, "<![CDATA[")) {
      if (open_.empty()) return Fail(at_, "TEXT_OUTSIDE", "text outside the root element");
      return Skip("]]>", 9, "a CDATA section is not closed");
    }
    if (absl::StartsWith(rest, "<?")) return Skip("?>", 2, "an instruction is not closed");
    if (absl::StartsWith(rest, "<!DOCTYPE")) return DocumentType();
    if (absl::StartsWith(rest, "</")) return EndTag();
    return StartTag();
  }

  bool Skip(absl::string_view end, size_t from, const char* what) {
    const size_t found = text_.find(end, at_ + from);
    if (found == absl::string_view::npos) return Fail(at_, "CUT_SHORT", what);
    for (size_t i = at_; i < found; ++i) {
      if (static_cast<unsigned char>(text_[i]) < 0x20 && !IsSpace(text_[i])) {
        return Fail(i, "NOT_TEXT", "a control character");
      }
    }
    at_ = found + end.size();
    return true;
  }

  bool DocumentType() {
    if (root_seen_) return Fail(at_, "SYNTAX", "a document type after the root element began");
    const size_t end = text_.find_first_of("[>", at_);
    if (end == absl::string_view::npos)
      return Fail(at_, "CUT_SHORT", "a document type is not closed");
    if (text_[end] == '[')
      return Fail(end, "OWN_DEFINITIONS", "a document type with definitions of its own");
    at_ = end + 1;
    return true;
  }

  absl::string_view Name() {
    const size_t begin = at_;
    if (at_ < text_.size() && IsNameStart(text_[at_])) {
      while (at_ < text_.size() && IsNameByte(text_[at_])) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  bool Next(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool EndTag() {
    const size_t begin = at_;
    at_ += 2;
    absl::string_view name = Name();
    SkipSpace();
    if (!Next('>')) return Fail(at_, "SYNTAX", "an end tag without \">\"");
    ++at_;
    if (open_.empty())
      return Fail(begin, "TAG_MISMATCH", absl::StrCat("</", name, "> closes nothing"));
    if (open_.back() != name) {
      return Fail(begin, "TAG_MISMATCH",
                  absl::StrCat("</", name, "> where </", open_.back(), "> is due"));
    }
    open_.pop_back();
    return true;
  }

  bool StartTag() {
    const size_t begin = at_++;
    absl::string_view name = Name();
    if (name.empty()) return Fail(begin, "SYNTAX", "a \"<\" that begins no tag");
    if (open_.empty() && root_seen_)
      return Fail(begin, "SECOND_ROOT", "an element after the root's end");
    if (open_.size() >= kXmlDepthMax)
      return Fail(begin, "TOO_DEEP", absl::StrCat("deeper than ", kXmlDepthMax));
    root_seen_ = true;
    if (!Attributes()) return false;
    const bool empty = Next('/');
    if (empty) ++at_;
    if (!Next('>')) return Fail(at_, "SYNTAX", absl::StrCat("the tag <", name, "> is not closed"));
    ++at_;
    if (!empty) open_.push_back(name);
    return true;
  }

  bool Attributes() {
    std::vector<absl::string_view> names;
    while (true) {
      const size_t before = at_;
      SkipSpace();
      if (at_ >= text_.size() || Next('/') || Next('>')) return true;
      const size_t begin = at_;
      absl::string_view name = Name();
      if (name.empty() || before == begin)
        return Fail(begin, "SYNTAX", "an attribute was expected");
      if (std::find(names.begin(), names.end(), name) != names.end() ||
          names.size() >= kXmlAttributesMax) {
        return Fail(begin, "SYNTAX",
                    absl::StrCat("the attribute ", name, " twice, or too many of them"));
      }
      names.push_back(name);
      if (!AttributeValue()) return false;
    }
  }

  bool AttributeValue() {
    SkipSpace();
    if (!Next('=')) return Fail(at_, "SYNTAX", "an attribute without a value");
    ++at_;
    SkipSpace();
    if (!Next('"') && !Next('\''))
      return Fail(at_, "SYNTAX", "an attribute's value without quotes");
    const char quote = text_[at_];
    for (++at_; !Next(quote); ++at_) {
      if (at_ >= text_.size()) return Fail(at_, "CUT_SHORT", "the text ends inside an attribute");
      if (text_[at_] == '<') return Fail(at_, "SYNTAX", "a \"<\" inside an attribute");
      if (text_[at_] == '&' && !Reference()) return false;
      if (IsControl()) return Fail(at_, "NOT_TEXT", "a control character");
    }
    ++at_;
    return true;
  }

  absl::string_view text_;
  size_t at_ = 0;
  bool root_seen_ = false;
  std::vector<absl::string_view> open_;
  Fault fault_{};
};

// The encoding that the declaration names, in lower case; "" when it names none.
std::string DeclaredEncoding(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, "<?xml")) return "";
  absl::string_view declaration = bytes.substr(0, bytes.find("?>"));
  const size_t at = declaration.find("encoding=");
  if (at == absl::string_view::npos || declaration.size() < at + 11) return "";
  declaration.remove_prefix(at + 10);
  return absl::AsciiStrToLower(declaration.substr(0, declaration.find_first_of("\"'")));
}

// Windows-1252, of which ISO-8859-1 is the part that people mean when they write it.
std::string FromWindows1252(absl::string_view bytes) {
  constexpr absl::string_view kHigh[32] = {"€", "",  "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š",
                                           "‹", "Œ", "",  "Ž", "",  "",  "‘", "’", "“", "”", "•",
                                           "–", "—", "˜", "™", "š", "›", "œ", "",  "ž", "Ÿ"};
  std::string out;
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else if (byte < 0xA0) {
      absl::StrAppend(&out, kHigh[byte - 0x80].empty() ? "\xEF\xBF\xBD" : kHigh[byte - 0x80]);
    } else {
      out.push_back(static_cast<char>(0xC0 | byte >> 6));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return out;
}

absl::Status Malformed(Place place, absl::string_view cause, absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_XML",
               absl::StrCat("line ", place.line, ", column ", place.column, ": ", what),
               {{"line", absl::StrCat(place.line)},
                {"column", absl::StrCat(place.column)},
                {"cause", std::string(cause)}});
}

}  // namespace

absl::StatusOr<Xml> Xml::Parse(absl::string_view bytes) {
  if (bytes.size() > kXmlBytesMax)
    return Malformed({1, 1}, "TOO_LARGE", absl::StrCat("more than ", kXmlBytesMax, " bytes"));
  Xml xml;
  const std::string encoding = DeclaredEncoding(bytes);
  const bool latin =
      encoding == "iso-8859-1" || encoding == "iso-8859-15" || encoding == "windows-1252";
  xml.text_ = latin ? FromWindows1252(bytes) : std::string(bytes);
  xml.line_starts_ = {0};
  for (size_t i = 0; i < xml.text_.size(); ++i) {
    if (xml.text_[i] == '\n') xml.line_starts_.push_back(i + 1);
  }
  if (const size_t valid = TextBytes(xml.text_); valid < xml.text_.size()) {
    return Malformed(xml.PlaceAt(valid), "NOT_TEXT", "a byte that is not UTF-8");
  }
  Scan scan(xml.text_);
  if (!scan.Run())
    return Malformed(xml.PlaceAt(scan.fault().offset), scan.fault().cause, scan.fault().what);
  const pugi::xml_parse_result result =
      xml.document_.load_buffer(xml.text_.data(), xml.text_.size(),
                                pugi::parse_default | pugi::parse_comments, pugi::encoding_utf8);
  if (!result)
    return Malformed(xml.PlaceAt(static_cast<size_t>(result.offset)), "SYNTAX",
                     result.description());
  return xml;
}

Place Xml::PlaceOf(pugi::xml_node node) const {
  ptrdiff_t offset = node.offset_debug();
  if (node.type() == pugi::node_element) --offset;  // pugixml points at the name, people at the "<"
  return offset < 0 ? Place{} : PlaceAt(static_cast<size_t>(offset));
}

Place Xml::PlaceAt(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const size_t start = *(next - 1);
  return {static_cast<int>(next - line_starts_.begin()),
          Characters(absl::string_view(text_).substr(start, offset - start)) + 1};
}

std::string PathOf(pugi::xml_node node) {
  std::string path;
  for (; node.type() == pugi::node_element; node = node.parent()) {
    int before = 0;
    for (pugi::xml_node n = node.previous_sibling(node.name()); n;
         n = n.previous_sibling(node.name()))
      ++before;
    const bool several = before > 0 || node.next_sibling(node.name());
    path = absl::StrCat(node.name(), several ? absl::StrCat("[", before + 1, "]") : "",
                        path.empty() ? "" : "/", path);
  }
  return path;
}

absl::string_view LocalName(absl::string_view name) {
  const size_t colon = name.find(':');
  return colon == absl::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace vivier::formats
