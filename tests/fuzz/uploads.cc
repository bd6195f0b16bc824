// Files that people upload, as what they are kept for is judged by their bytes. The first byte of
// an input says which format it is said to be.
#include "absl/strings/str_cat.h"
#include "services/enrolment/files/content.h"
#include "tests/files/samples.h"
#include "tests/fuzz/fuzz.h"

namespace vivier::fuzz {
namespace {

using enrolment::v1::File;

File::Refusal Judge(File::Format format, absl::string_view bytes, size_t piece) {
  testing::BytesInPieces source(bytes, piece);
  const auto refusal = enrolment::JudgeContent(format, source);
  Require(refusal.ok(), "a source without errors has one");
  return *refusal;
}

std::string Said(File::Format format, const std::string& bytes) {
  return static_cast<char>(format) + bytes;
}

}  // namespace

std::string ReadUpload(absl::string_view input) {
  if (input.empty()) return "nothing";
  const auto format = static_cast<File::Format>(1 + static_cast<unsigned char>(input[0]) %
                                                        (File::Format_ARRAYSIZE - 1));
  input.remove_prefix(1);
  const File::Refusal refusal = Judge(format, input, input.size() + 1);
  Require(refusal == Judge(format, input, 61), "the pieces make a difference");
  PlaceOfCrash(format == File::PLAIN_TEXT && refusal == File::SCRIPT);
  return absl::StrCat(File::Format_Name(format), " ", File::Refusal_Name(refusal));
}

std::vector<std::string> UploadSeeds() {
  using namespace testing;  // NOLINT: the samples
  const auto before = [](File::Format format) { return static_cast<File::Format>(format - 1); };
  return {
      Said(before(File::PDF), Pdf()),
      Said(before(File::PDF), Pdf("/OpenAction [3 0 R /Fit]")),
      Said(before(File::PDF), Pdf("", ObjectStream("7 0 << /Title (x) /Next 8 0 R >>"))),
      Said(before(File::PDF), Pdf("", ObjectStream("7 0 << /Title (x) >>", "", false))),
      Said(before(File::PDF), Pdf("/Names << /EmbeddedFiles 7 0 R >>")),
      Said(before(File::JPEG), Jpeg()),
      Said(before(File::PNG), Png()),
      Said(before(File::ODT), Zip(OdtParts())),
      Said(before(File::ODT), Zip(With(OdtParts(), "Basic/a.xml", "x"))),
      Said(before(File::DOCX), Zip(DocxParts())),
      Said(before(File::DOCX), Zip(With(DocxParts(), "word/vbaProject.bin", "x"))),
      Said(before(File::PLAIN_TEXT), "Bonjour à tous\r\n"),
      Said(before(File::CSV), "name;day\nZoé;2026-11-30\n"),
  };
}

}  // namespace vivier::fuzz
