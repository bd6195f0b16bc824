#include "services/enrolment/files/office.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/files/limits.h"
#include "services/enrolment/files/part.h"
#include "services/enrolment/files/zip.h"

namespace vivier::enrolment {
namespace {

using v1::File;

// What is read as a whole: types and references of the parts.
constexpr size_t kWholeBytesMax = 1 << 20;
constexpr size_t kHeadBytes = 16;
constexpr char kOdtType[] = "application/vnd.oasis.opendocument.text";
constexpr char kDocxType[] =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";

// What pictures, fonts and texts end in.
bool IsOfDocument(absl::string_view name) {
  static constexpr absl::string_view kEndings[] = {
      "xml", "rels", "png", "jpg", "jpeg", "gif",   "bmp", "tif",      "tiff", "emf",
      "wmf", "wdp",  "svm", "ttf", "otf",  "odttf", "rdf", "mimetype", "webp"};
  const absl::string_view ending = name.substr(name.find_last_of("./") + 1);
  return absl::EndsWith(name, "/") ||
         std::find(std::begin(kEndings), std::end(kEndings), ending) != std::end(kEndings);
}

File::Refusal JudgeName(const std::string& part) {
  const std::string name = absl::AsciiStrToLower(part);
  if (absl::EndsWith(name, "vbaproject.bin") || absl::EndsWith(name, "vbadata.xml") ||
      absl::StartsWith(name, "basic/") || absl::StartsWith(name, "scripts/") ||
      absl::StrContains(name, "/activex/"))
    return File::MACRO;
  if (absl::StrContains(name, "/embeddings/") || absl::StartsWith(name, "object ") ||
      absl::StrContains(name, "oleobject") || absl::StrContains(name, "afchunk"))
    return File::EMBEDDED_FILE;
  if (absl::StrContains(name, "printersettings") && absl::EndsWith(name, ".bin"))
    return File::REFUSAL_UNSPECIFIED;
  return IsOfDocument(name) ? File::REFUSAL_UNSPECIFIED : File::EMBEDDED_FILE;
}

template <size_t kSize>
constexpr absl::string_view Raw(const char (&literal)[kSize]) {
  return {literal, kSize - 1};
}

// How pictures and fonts begin. Fonts of Word are hidden under a key; no program opens them as
// another thing, and nor what a printer was set to.
bool BeginsAsSaid(absl::string_view name, absl::string_view head) {
  static constexpr absl::string_view kStarts[] = {Raw("\x89PNG"),  Raw("\xff\xd8\xff"),
                                                  Raw("GIF8"),     Raw("BM"),
                                                  Raw("II*\0"),    Raw("MM\0*"),
                                                  Raw("II\xbc"),   Raw("RIFF"),
                                                  Raw("\1\0\0\0"), Raw("\xd7\xcd\xc6\x9a"),
                                                  Raw("\1\0\t\0"), Raw("VCLMTF"),
                                                  Raw("\0\1\0\0"), Raw("OTTO"),
                                                  Raw("true")};
  if (absl::EndsWith(name, ".odttf") || absl::EndsWith(name, ".bin"))
    return !absl::StartsWith(head, "MZ") && !absl::StartsWith(head, "PK") &&
           !absl::StartsWith(head, "\xd0\xcf\x11\xe0");
  return head.empty() ||
         std::any_of(std::begin(kStarts), std::end(kStarts),
                     [&](absl::string_view start) { return absl::StartsWith(head, start); });
}

bool IsXml(absl::string_view name) {
  return absl::EndsWith(name, ".xml") || absl::EndsWith(name, ".rels") ||
         absl::EndsWith(name, ".rdf");
}

class Document {
 public:
  Document(ByteSource& source, std::vector<ZipPart> parts)
      : source_(source), parts_(std::move(parts)) {}

  absl::StatusOr<File::Refusal> Judge(File::Format format) {
    for (const ZipPart& part : parts_)
      if (const File::Refusal refusal = JudgeName(part.name); refusal != File::REFUSAL_UNSPECIFIED)
        return refusal;
    ASSIGN_OR_RETURN(const bool is_one, IsOf(format));
    if (!is_one) return File::OTHER_FORMAT;
    for (const ZipPart& part : parts_) {
      const std::string name = absl::AsciiStrToLower(part.name);
      if (name == "mimetype" && format == File::ODT) continue;
      ASSIGN_OR_RETURN(const File::Refusal refusal, JudgePart(part, name));
      if (refusal != File::REFUSAL_UNSPECIFIED) return refusal;
    }
    return File::REFUSAL_UNSPECIFIED;
  }

 private:
  const ZipPart* Find(absl::string_view name) const {
    for (const ZipPart& part : parts_)
      if (part.name == name) return &part;
    return nullptr;
  }

  // Empty where it does not expand, or to more than is read as a whole.
  absl::StatusOr<std::string> Whole(const ZipPart& part) {
    std::string text;
    size_t budget = std::min(budget_, kWholeBytesMax);
    const size_t before = budget;
    ASSIGN_OR_RETURN(const bool expands,
                     Expand(source_, part, budget, [&text](absl::string_view piece) {
                       absl::StrAppend(&text, piece);
                       return true;
                     }));
    budget_ -= before - budget;
    return expands ? text : std::string();
  }

  absl::StatusOr<bool> IsOf(File::Format format) {
    if (format == File::ODT) {
      if (parts_.front().name != "mimetype" || parts_.front().deflated ||
          Find("content.xml") == nullptr)
        return false;
      ASSIGN_OR_RETURN(const std::string type, Whole(parts_.front()));
      return absl::string_view(type) == kOdtType;
    }
    const ZipPart* types = Find("[Content_Types].xml");
    if (types == nullptr || Find("_rels/.rels") == nullptr) return false;
    ASSIGN_OR_RETURN(const std::string text, Whole(*types));
    if (absl::StrContains(text, "macroEnabled")) return true;
    return absl::StrContains(text, kDocxType) &&
           std::any_of(parts_.begin(), parts_.end(), [&text](const ZipPart& part) {
             return absl::StartsWith(part.name, "word/document") && IsXml(part.name) &&
                    absl::StrContains(text, absl::StrCat("/", part.name));
           });
  }

  absl::StatusOr<File::Refusal> JudgePart(const ZipPart& part, const std::string& name) {
    if (!IsXml(name)) return JudgeHead(part, name);
    PartReader reader;
    ASSIGN_OR_RETURN(const bool expands,
                     Expand(source_, part, budget_, [&reader](absl::string_view piece) {
                       reader.Take(piece);
                       return reader.refusal() == File::REFUSAL_UNSPECIFIED;
                     }));
    if (!expands) return File::MALFORMED;
    reader.End();
    return reader.refusal();
  }

  absl::StatusOr<File::Refusal> JudgeHead(const ZipPart& part, const std::string& name) {
    std::string head;
    size_t budget = kWholeBytesMax;
    ASSIGN_OR_RETURN(const bool expands,
                     Expand(source_, part, budget, [&head](absl::string_view piece) {
                       absl::StrAppend(&head, piece);
                       return head.size() < kHeadBytes;
                     }));
    if (!expands) return File::MALFORMED;
    if (absl::EndsWith(name, "/") && !head.empty()) return File::EMBEDDED_FILE;
    return BeginsAsSaid(name, head) ? File::REFUSAL_UNSPECIFIED : File::EMBEDDED_FILE;
  }

  ByteSource& source_;
  const std::vector<ZipPart> parts_;
  size_t budget_ = kExpandedBytesMax;
};

}  // namespace

absl::StatusOr<File::Refusal> JudgeOffice(File::Format format, ByteSource& source) {
  ZipFault fault = ZipFault::kNone;
  ASSIGN_OR_RETURN(std::vector<ZipPart> parts, ReadZip(source, fault));
  if (fault == ZipFault::kEncrypted) return File::ENCRYPTED;
  if (fault == ZipFault::kMalformed) return File::MALFORMED;
  std::vector<std::string> names;
  for (const ZipPart& part : parts) names.push_back(absl::AsciiStrToLower(part.name));
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) return File::MALFORMED;
  return Document(source, std::move(parts)).Judge(format);
}

}  // namespace vivier::enrolment
