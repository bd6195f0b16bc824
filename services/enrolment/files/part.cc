#include "services/enrolment/files/part.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace vivier::enrolment {
namespace {

using v1::File;

constexpr size_t kFieldBytesMax = 64 << 10;

template <size_t kSize>
bool IsAnyOf(absl::string_view word, const absl::string_view (&words)[kSize]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// As programs read an address: without blanks and what nobody sees.
std::string Address(absl::string_view value) {
  std::string address = absl::AsciiStrToLower(value);
  address.erase(std::remove_if(address.begin(), address.end(),
                               [](char c) { return static_cast<unsigned char>(c) <= ' '; }),
                address.end());
  return address;
}

bool HasScheme(absl::string_view address) {
  const size_t end = address.find_first_of(":/?#");
  return end != address.npos && address[end] == ':';
}

// What somebody may click: the web, a letter, a place in the document or beside it.
bool IsLink(absl::string_view address) {
  for (const absl::string_view scheme : {"http://", "https://", "mailto:", "tel:"})
    if (absl::StartsWith(address, scheme)) return true;
  return !HasScheme(address) && !absl::StartsWith(address, "/") &&
         !absl::StrContains(address, "\\");
}

bool IsInside(absl::string_view address) {
  return IsLink(address) && !HasScheme(address) && !absl::StrContains(address, "..") &&
         !absl::StrContains(address, "%");
}

// From what a text of LibreOffice was made: it looks there for changes, on this machine.
bool IsTemplate(absl::string_view address) {
  if (absl::StartsWith(address, "file:///") && !absl::StartsWith(address, "file:////"))
    address.remove_prefix(8);
  return IsLink(address) && (!HasScheme(address) || absl::StartsWith(address.substr(1), ":/"));
}

File::Refusal JudgeReference(const Tag& tag, absl::string_view attribute, absl::string_view value) {
  if (attribute != "href" && attribute != "src") return File::REFUSAL_UNSPECIFIED;
  const std::string address = Address(value);
  if (absl::StartsWith(address, "macro:") || absl::StartsWith(address, "vnd.sun.star."))
    return File::MACRO;
  // In VML a form may be a link.
  const bool is_link = tag.name == "a" || (attribute == "href" && tag.name == "shape");
  const bool fits = is_link                  ? IsLink(address)
                    : tag.name == "template" ? IsTemplate(address)
                                             : IsInside(address);
  return fits ? File::REFUSAL_UNSPECIFIED : File::ACTIVE_CONTENT;
}

File::Refusal JudgeElement(absl::string_view name) {
  if (name == "encryption-data") return File::ENCRYPTED;
  // LibreOffice writes <office:scripts/> around those that there are, or around nothing.
  static constexpr absl::string_view kMacros[] = {"event-listener", "script", "library-embedded",
                                                  "library-linked", "source-code"};
  if (IsAnyOf(name, kMacros)) return File::MACRO;
  static constexpr absl::string_view kFetching[] = {"dde-connection-decl", "dde-connection",
                                                    "dde-source", "section-source"};
  if (IsAnyOf(name, kFetching)) return File::ACTIVE_CONTENT;
  static constexpr absl::string_view kFiles[] = {"applet", "plugin", "floating-frame",
                                                 "object-ole"};
  return IsAnyOf(name, kFiles) ? File::EMBEDDED_FILE : File::REFUSAL_UNSPECIFIED;
}

// A reference of a DOCX to what is outside it, or to a part that is another document.
File::Refusal JudgeRelation(const Tag& relation) {
  const bool is_outside = relation.Has("TargetMode", "External");
  for (const auto& [attribute, value] : relation.attributes) {
    if (attribute == "Type" && absl::EndsWithIgnoreCase(value, "/aFChunk"))
      return File::EMBEDDED_FILE;
    if (is_outside && ((attribute == "Type" && !absl::EndsWith(value, "/hyperlink")) ||
                       (attribute == "Target" && !IsLink(Address(value)))))
      return File::ACTIVE_CONTENT;
  }
  return File::REFUSAL_UNSPECIFIED;
}

// Fields that compute from the document and the clock alone, and links.
bool IsHarmless(absl::string_view field) {
  static constexpr absl::string_view kFields[] = {
      "AUTHOR",      "BIBLIOGRAPHY", "CITATION",     "COMMENTS",
      "CREATEDATE",  "DATE",         "DOCPROPERTY",  "EDITTIME",
      "EQ",          "FILENAME",     "FORMCHECKBOX", "FORMDROPDOWN",
      "FORMTEXT",    "HYPERLINK",    "INDEX",        "KEYWORDS",
      "LASTSAVEDBY", "LISTNUM",      "MERGEFIELD",   "NOTEREF",
      "NUMCHARS",    "NUMPAGES",     "NUMWORDS",     "PAGE",
      "PAGEREF",     "PRINTDATE",    "REF",          "REVNUM",
      "SAVEDATE",    "SECTION",      "SECTIONPAGES", "SEQ",
      "SHAPE",       "STYLEREF",     "SUBJECT",      "SYMBOL",
      "TC",          "TIME",         "TITLE",        "TOC",
      "XE"};
  return IsAnyOf(field, kFields);
}

// What fetches is no word of a harmless field either: programs may skip the words before it.
bool IsHarmlessField(absl::string_view instruction) {
  const std::string upper = absl::AsciiStrToUpper(instruction);
  const std::vector<absl::string_view> words =
      absl::StrSplit(upper, absl::ByAnyChar(" \t\r\n\"\\"), absl::SkipEmpty());
  static constexpr absl::string_view kFetching[] = {"DDE", "DDEAUTO", "INCLUDEPICTURE",
                                                    "INCLUDETEXT"};
  return !words.empty() && IsHarmless(words.front()) &&
         std::none_of(words.begin(), words.end(),
                      [](absl::string_view word) { return IsAnyOf(word, kFetching); });
}

}  // namespace

void PartReader::Refuse(File::Refusal refusal) {
  if (refusal_ == File::REFUSAL_UNSPECIFIED) refusal_ = refusal;
}

void PartReader::Take(absl::string_view piece) {
  if (!markup_.Take(piece) || field_.size() > kFieldBytesMax) Refuse(File::MALFORMED);
}

void PartReader::End() {
  EndField();
  if (!markup_.Ends()) Refuse(File::MALFORMED);
}

bool PartReader::TakeTag(const Tag& tag) {
  TakeField(tag);
  if (tag.closes) return is_instruction_;
  Refuse(JudgeElement(tag.name));
  if (tag.name == "Relationship") Refuse(JudgeRelation(tag));
  for (const auto& [attribute, value] : tag.attributes) {
    Refuse(JudgeReference(tag, attribute, value));
    for (const absl::string_view macro : {"vnd.sun.star.script", "macroEnabled", "vbaProject"})
      if (absl::StrContains(value, macro)) Refuse(File::MACRO);
    if (attribute == "instr" && !IsHarmlessField(value)) Refuse(File::ACTIVE_CONTENT);
  }
  return is_instruction_;
}

// <w:fldChar fldCharType="begin"/> <w:instrText> PAGE </w:instrText> … "separate" … "end".
void PartReader::TakeField(const Tag& tag) {
  if (tag.name == "instrText" || tag.name == "delInstrText")
    is_instruction_ = !tag.closes && !tag.is_empty;
  if (tag.name != "fldChar" || tag.closes) return;
  EndField();
  has_field_ = tag.Has("fldCharType", "begin");
}

void PartReader::EndField() {
  const bool is_blank = absl::StripAsciiWhitespace(field_).empty();
  // A field within an instruction would write its beginning.
  if ((has_field_ || !is_blank) && !IsHarmlessField(field_)) Refuse(File::ACTIVE_CONTENT);
  field_.clear();
  has_field_ = false;
}

}  // namespace vivier::enrolment
