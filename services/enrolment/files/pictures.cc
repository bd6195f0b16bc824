#include "services/enrolment/files/pictures.h"

#include <string>

#include "absl/strings/match.h"

namespace vivier::enrolment {
namespace {

using v1::File;

// A chunk has 8 KiB where a program writes many: ten times what 10 MiB need.
constexpr int kChunksMax = 13'000;
constexpr int kBoxesMax = 100;
constexpr int kSegmentsMax = 1000;

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

// A number of `count` bytes, the highest first.
int64_t BigAt(absl::string_view bytes, size_t place, size_t count) {
  int64_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | Byte(bytes[place + i]);
  return number;
}

// IHDR, chunks with IDAT among them, and IEND, which ends the file.
absl::StatusOr<bool> IsPng(ByteSource& source) {
  bool has_data = false;
  int64_t at = 8;
  for (int i = 0; i < kChunksMax; ++i) {
    ASSIGN_OR_RETURN(const std::string head, ReadBytes(source, at, 8));
    if (head.size() < 8) return false;
    const int64_t length = BigAt(head, 0, 4);
    const absl::string_view type = absl::string_view(head).substr(4);
    at += 12 + length;
    has_data = has_data || type == "IDAT";
    if (type == "IEND") return has_data && length == 0 && at == source.size();
  }
  return false;
}

absl::StatusOr<bool> IsWebp(ByteSource& source) {
  ASSIGN_OR_RETURN(const std::string head, ReadBytes(source, 0, 20));
  if (head.size() < 20) return false;
  int64_t size = 0;
  for (size_t i = 8; i-- > 4;) size = size << 8 | Byte(head[i]);
  return size + 8 == source.size() && absl::StrContains(" LX", head[15]);
}

// Boxes one behind the other up to the end, with "meta" among them, which says where the picture
// stands.
absl::StatusOr<bool> IsHeic(ByteSource& source) {
  bool has_meta = false;
  int64_t at = 0;
  for (int i = 0; i < kBoxesMax && at < source.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string head, ReadBytes(source, at, 8));
    if (head.size() < 8) return false;
    const int64_t size = BigAt(head, 0, 4);
    has_meta = has_meta || absl::EndsWith(head, "meta");
    if (size != 0 && size < 8) return false;
    at = size == 0 ? source.size() : at + size;
  }
  return has_meta && at == source.size();
}

// Where the data of a JPEG begin, behind a header of a frame and one of a scan; -1 where nowhere.
absl::StatusOr<int64_t> ScanOf(ByteSource& source) {
  bool has_frame = false;
  int64_t at = 2;
  for (int i = 0; i < kSegmentsMax; ++i) {
    ASSIGN_OR_RETURN(const std::string head, ReadBytes(source, at, 4));
    if (head.size() < 4 || head[0] != '\xff') return -1;
    const unsigned char mark = Byte(head[1]);
    if (mark == 0xff) {  // a byte to fill up
      ++at;
      continue;
    }
    if (mark < 0xc0 || (mark >= 0xd0 && mark <= 0xd9)) return -1;
    has_frame =
        has_frame || (mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc);
    at += 2 + BigAt(head, 2, 2);
    if (mark == 0xda) return has_frame ? at : -1;
  }
  return -1;
}

absl::StatusOr<bool> IsJpeg(ByteSource& source) {
  ASSIGN_OR_RETURN(const int64_t scan, ScanOf(source));
  if (scan < 0) return false;
  bool ends = false;
  char last = '\0';
  RETURN_IF_ERROR(EachPiece(source, scan, source.size(), [&](absl::string_view piece) {
    ends = (last == '\xff' && piece.front() == '\xd9') || absl::StrContains(piece, "\xff\xd9");
    last = piece.back();
    return !ends;
  }));
  return ends;
}

}  // namespace

absl::StatusOr<File::Refusal> JudgePicture(File::Format format, ByteSource& source) {
  ASSIGN_OR_RETURN(const bool is_whole, format == File::PNG    ? IsPng(source)
                                        : format == File::WEBP ? IsWebp(source)
                                        : format == File::HEIC ? IsHeic(source)
                                                               : IsJpeg(source));
  return is_whole ? File::REFUSAL_UNSPECIFIED : File::MALFORMED;
}

}  // namespace vivier::enrolment
