#include "services/enrolment/files/content.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/files/office.h"
#include "services/enrolment/files/pdf.h"
#include "services/enrolment/files/pictures.h"
#include "shared/base/unicode.h"

namespace vivier::enrolment {
namespace {

using v1::File;

// A literal that may hold zeros.
template <size_t kSize>
constexpr absl::string_view Raw(const char (&literal)[kSize]) {
  return {literal, kSize - 1};
}

// Enough for every beginning below, and for the 1024 bytes in which a viewer looks for "%PDF-".
constexpr size_t kHeadBytes = 1024;
// How far from its end the end of an archive may stand: 22 bytes and the longest comment.
constexpr int64_t kArchiveEndBytes = 22 + 65'535;

struct Magic {
  size_t place;
  absl::string_view bytes;
  File::Refusal refusal;
};

// What is never kept, whatever it is called: the beginnings of programs, scripts and archives.
constexpr Magic kRefused[] = {
    {0, Raw("\177ELF"), File::EXECUTABLE},
    {0, Raw("MZ"), File::EXECUTABLE},
    {0, Raw("\xfe\xed\xfa\xce"), File::EXECUTABLE},
    {0, Raw("\xfe\xed\xfa\xcf"), File::EXECUTABLE},
    {0, Raw("\xce\xfa\xed\xfe"), File::EXECUTABLE},
    {0, Raw("\xcf\xfa\xed\xfe"), File::EXECUTABLE},
    {0, Raw("\xca\xfe\xba\xbe"), File::EXECUTABLE},
    {0, Raw("\0asm"), File::EXECUTABLE},
    {0, Raw("dex\n"), File::EXECUTABLE},
    {0, Raw("L\0\0\0\x01\x14\x02\0"), File::EXECUTABLE},  // a shortcut of Windows
    {0, Raw("#!"), File::SCRIPT},
    {0, Raw("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), File::MACRO},  // .doc, .xls: macros like any other
    {0, Raw("Rar!\x1a\x07"), File::ARCHIVE},
    {0, Raw("7z\xbc\xaf\x27\x1c"), File::ARCHIVE},
    {0, Raw("\x1f\x8b"), File::ARCHIVE},
    {0, Raw("BZh"), File::ARCHIVE},
    {0, Raw("\3757zXZ\0"), File::ARCHIVE},
    {0, Raw("\x28\xb5\x2f\xfd"), File::ARCHIVE},
    {0, Raw("MSCF"), File::ARCHIVE},
    {257, Raw("ustar"), File::ARCHIVE},
};

struct Start {
  File::Format format;
  size_t place;
  absl::string_view bytes;
};

// One of each format has to be there; texts have none.
constexpr Start kStarts[] = {
    {File::PDF, 0, Raw("%PDF-1.")},       {File::PDF, 0, Raw("%PDF-2.")},
    {File::JPEG, 0, Raw("\xff\xd8\xff")}, {File::PNG, 0, Raw("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")},
    {File::WEBP, 8, Raw("WEBPVP8")},      {File::HEIC, 4, Raw("ftypheic")},
    {File::HEIC, 4, Raw("ftypheix")},     {File::HEIC, 4, Raw("ftypmif1")},
    {File::HEIC, 4, Raw("ftypmsf1")},     {File::ODT, 0, Raw("PK\x03\x04")},
    {File::DOCX, 0, Raw("PK\x03\x04")},
};

bool IsOffice(File::Format format) { return format == File::ODT || format == File::DOCX; }
bool IsTextFormat(File::Format format) { return format == File::PLAIN_TEXT || format == File::CSV; }

bool HasAt(absl::string_view head, size_t place, absl::string_view bytes) {
  return head.size() >= place + bytes.size() && head.compare(place, bytes.size(), bytes) == 0;
}

// What the beginning says.
File::Refusal JudgeHead(File::Format format, absl::string_view head) {
  for (const Magic& magic : kRefused)
    if (HasAt(head, magic.place, magic.bytes)) return magic.refusal;
  if (!IsOffice(format) && HasAt(head, 0, "PK\x03\x04")) return File::ARCHIVE;
  if (IsTextFormat(format)) return File::REFUSAL_UNSPECIFIED;
  const bool starts = std::any_of(std::begin(kStarts), std::end(kStarts), [&](const Start& start) {
    return start.format == format && HasAt(head, start.place, start.bytes);
  });
  if (!starts || (format == File::WEBP && !HasAt(head, 0, "RIFF"))) return File::OTHER_FORMAT;
  // Viewers of PDF look for the beginning further on: a picture that is a document as well.
  return format != File::PDF && absl::StrContains(head, "%PDF-") ? File::OTHER_FORMAT
                                                                 : File::REFUSAL_UNSPECIFIED;
}

// Whether the end is one of an archive, which programs read from its end: a picture that is an
// archive as well.
absl::StatusOr<bool> EndsAsArchive(ByteSource& source) {
  const int64_t begin = std::max<int64_t>(0, source.size() - kArchiveEndBytes);
  ASSIGN_OR_RETURN(const std::string end,
                   ReadBytes(source, begin, static_cast<size_t>(kArchiveEndBytes)));
  for (size_t at = end.find("PK\x05\x06"); at != end.npos; at = end.find("PK\x05\x06", at + 1)) {
    if (at + 22 > end.size()) break;
    const size_t comment = static_cast<unsigned char>(end[at + 20]) |
                           static_cast<size_t>(static_cast<unsigned char>(end[at + 21])) << 8;
    if (at + 22 + comment <= end.size()) return true;
  }
  return false;
}

// A browser that is shown it, or a shell, runs what begins so.
File::Refusal JudgeTextStart(absl::string_view head) {
  if (absl::StartsWith(head, "\xef\xbb\xbf")) head.remove_prefix(3);
  head = absl::StripLeadingAsciiWhitespace(head);
  if (absl::StartsWith(head, "<") || absl::StartsWith(head, "#!") ||
      absl::StartsWithIgnoreCase(head, "@echo") || absl::StartsWithIgnoreCase(head, "javascript:"))
    return File::SCRIPT;
  return absl::StartsWith(head, "{\\rtf") || absl::StartsWith(head, "%PDF-") ||
                 absl::StartsWith(head, "%!PS")
             ? File::OTHER_FORMAT
             : File::REFUSAL_UNSPECIFIED;
}

// All of it is UTF-8 without control characters but tabs and ends of lines.
absl::StatusOr<File::Refusal> JudgeText(ByteSource& source) {
  std::string rest;  // the beginning of a character
  bool is_text = true;
  RETURN_IF_ERROR(EachPiece(source, 0, source.size(), [&](absl::string_view piece) {
    const std::string text = absl::StrCat(rest, piece);
    const size_t whole = TextBytes(text);
    rest = text.substr(whole);
    is_text = rest.size() < 4 && std::none_of(text.begin(), text.end(), [](char c) {
                return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t' &&
                       c != '\n' && c != '\r' && c != '\f';
              });
    return is_text;
  }));
  return is_text && rest.empty() ? File::REFUSAL_UNSPECIFIED : File::OTHER_FORMAT;
}

}  // namespace

absl::StatusOr<File::Refusal> JudgeContent(File::Format format, ByteSource& source) {
  ASSIGN_OR_RETURN(const std::string head, ReadBytes(source, 0, kHeadBytes));
  if (const File::Refusal refusal = JudgeHead(format, head); refusal != File::REFUSAL_UNSPECIFIED)
    return refusal;
  if (IsOffice(format)) return JudgeOffice(format, source);
  ASSIGN_OR_RETURN(const bool is_archive, EndsAsArchive(source));
  if (is_archive) return File::ARCHIVE;
  if (format == File::PDF) return JudgePdf(source);
  if (!IsTextFormat(format)) return JudgePicture(format, source);
  if (const File::Refusal refusal = JudgeTextStart(head); refusal != File::REFUSAL_UNSPECIFIED)
    return refusal;
  return JudgeText(source);
}

}  // namespace vivier::enrolment
