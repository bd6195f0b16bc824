#include "services/enrolment/files/zip.h"

#include "absl/strings/match.h"
#include "services/enrolment/files/inflate.h"
#include "services/enrolment/files/limits.h"
#include "shared/base/unicode.h"

namespace vivier::enrolment {
namespace {

constexpr size_t kEndBytes = 22, kEntryBytes = 46, kLocalBytes = 30;
constexpr uint32_t kEndMark = 0x06054b50, kEntryMark = 0x02014b50, kLocalMark = 0x04034b50;
constexpr uint32_t kEncryptedFlags = 0x2041, kDescriptorFlag = 0x8;
constexpr size_t kNameBytesMax = 200;
constexpr int64_t kDirectoryBytesMax = 1 << 20;

// A number of `count` bytes, the lowest first.
uint32_t NumberAt(absl::string_view bytes, size_t place, size_t count) {
  uint32_t number = 0;
  for (size_t i = count; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[place + i]);
  return number;
}

struct Entry {
  uint32_t flags, method;
  int64_t compressed, local;
  std::string name;
};

// The entry at the start of `directory`, which loses it; false where there is none.
bool TakeEntry(absl::string_view& directory, Entry& entry) {
  if (directory.size() < kEntryBytes || NumberAt(directory, 0, 4) != kEntryMark) return false;
  entry.flags = NumberAt(directory, 8, 2);
  entry.method = NumberAt(directory, 10, 2);
  entry.compressed = NumberAt(directory, 20, 4);
  const size_t name = NumberAt(directory, 28, 2);
  const size_t all = kEntryBytes + name + NumberAt(directory, 30, 2) + NumberAt(directory, 32, 2);
  entry.local = NumberAt(directory, 42, 4);
  if (NumberAt(directory, 34, 2) != 0 || all > directory.size()) return false;
  entry.name = std::string(directory.substr(kEntryBytes, name));
  directory.remove_prefix(all);
  return true;
}

// No way out of the folder, and no name that two programs read differently.
bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytesMax && IsText(name) && name.front() != '/' &&
         !absl::StrContains(name, "..") && !absl::StrContains(name, "\\") &&
         !FindForbidden(name).has_value();
}

// Whether the bytes between two parts are a descriptor, or none where none is announced.
bool IsGap(int64_t gap, const Entry& entry) {
  return (entry.flags & kDescriptorFlag) == 0 ? gap == 0 : gap == 12 || gap == 16 || gap == 24;
}

// Where the data of an entry begin; -1 where its local header says another thing.
absl::StatusOr<int64_t> DataOf(ByteSource& source, const Entry& entry) {
  ASSIGN_OR_RETURN(const std::string local,
                   ReadBytes(source, entry.local, kLocalBytes + entry.name.size()));
  if (local.size() < kLocalBytes + entry.name.size() || NumberAt(local, 0, 4) != kLocalMark ||
      NumberAt(local, 6, 2) != entry.flags || NumberAt(local, 8, 2) != entry.method ||
      NumberAt(local, 26, 2) != entry.name.size() || local.substr(kLocalBytes) != entry.name)
    return -1;
  return entry.local + static_cast<int64_t>(local.size() + NumberAt(local, 28, 2));
}

// The bytes of the directory; empty where the end is no end of ours.
absl::StatusOr<std::string> ReadDirectory(ByteSource& source, size_t& entries, int64_t& begin) {
  const int64_t at = source.size() - static_cast<int64_t>(kEndBytes);
  if (at < 0) return std::string();
  ASSIGN_OR_RETURN(const std::string end, ReadBytes(source, at, kEndBytes));
  if (end.size() < kEndBytes || NumberAt(end, 0, 4) != kEndMark || NumberAt(end, 4, 4) != 0 ||
      NumberAt(end, 20, 2) != 0 || NumberAt(end, 8, 2) != NumberAt(end, 10, 2))
    return std::string();
  entries = NumberAt(end, 8, 2);
  begin = NumberAt(end, 16, 4);
  const int64_t bytes = NumberAt(end, 12, 4);
  if (begin + bytes != at || bytes > kDirectoryBytesMax || entries > kPartsMax)
    return std::string();
  return ReadBytes(source, begin, static_cast<size_t>(bytes));
}

}  // namespace

absl::StatusOr<std::vector<ZipPart>> ReadZip(ByteSource& source, ZipFault& fault) {
  fault = ZipFault::kMalformed;
  size_t entries = 0;
  int64_t begin = 0, next = 0;
  ASSIGN_OR_RETURN(const std::string bytes, ReadDirectory(source, entries, begin));
  absl::string_view directory = bytes;
  std::vector<ZipPart> parts;
  Entry entry, before{};
  for (size_t i = 0; i < entries; ++i, before = entry) {
    if (!TakeEntry(directory, entry) || !IsName(entry.name)) return std::vector<ZipPart>();
    if ((entry.flags & kEncryptedFlags) != 0) {
      fault = ZipFault::kEncrypted;
      return std::vector<ZipPart>();
    }
    if ((entry.method != 0 && entry.method != 8) || !IsGap(entry.local - next, before))
      return std::vector<ZipPart>();
    ASSIGN_OR_RETURN(const int64_t data, DataOf(source, entry));
    next = data + entry.compressed;
    if (data < 0 || next > begin) return std::vector<ZipPart>();
    parts.push_back({entry.name, entry.method == 8, data, next});
  }
  if (parts.empty() || !directory.empty() || !IsGap(begin - next, before))
    return std::vector<ZipPart>();
  fault = ZipFault::kNone;
  return parts;
}

absl::StatusOr<bool> Expand(ByteSource& source, const ZipPart& part, size_t& budget,
                            const std::function<bool(absl::string_view)>& take) {
  Inflater inflater(Inflater::Wrapping::kNone);
  bool wants = true, holds = true, ended = !part.deflated;
  const auto give = [&](absl::string_view bytes) { wants = wants && take(bytes); };
  RETURN_IF_ERROR(EachPiece(source, part.begin, part.end, [&](absl::string_view piece) {
    if (!part.deflated) {
      holds = piece.size() <= budget;
      if (!holds) return false;
      budget -= piece.size();
      give(piece);
      return wants;
    }
    size_t used = 0;
    const Inflater::Progress progress = inflater.Take(piece, budget, give, used);
    // What stands behind the end of the stream is read by nobody, and is no part of a document.
    holds = !ended && progress != Inflater::Progress::kBroken && used == piece.size();
    ended = ended || progress == Inflater::Progress::kEnd;
    return holds && wants;
  }));
  return holds && (ended || !wants);
}

}  // namespace vivier::enrolment
