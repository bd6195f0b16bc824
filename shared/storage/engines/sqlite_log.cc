#include "shared/storage/engines/sqlite_log.h"

#include <endian.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/storage/engines/sqlite_pages.h"

namespace vivier::storage {
namespace {

// https://www.sqlite.org/fileformat2.html#walformat, whole numbers big-endian:
//
//   header   magic 4 │ version 4 │ page size 4 │ sequence 4 │ salt 8 │ checksum 8
//   frame    page 4 │ pages of the database, at the end of a transaction 4 │ salt 8 │ checksum 8
//            and the page
//
// A checksum goes on from the one before, over the 8 bytes of the header that come first and the
// page.
constexpr int kHeaderBytes = 32, kFrameHeaderBytes = 24;
constexpr int kFrameBytes = kFrameHeaderBytes + kPageBytes;
constexpr uint32_t kMagic = 0x377f0682;  // checksums are of little-endian numbers
using Checksum = std::array<uint32_t, 2>;
using Salt = std::array<char, 8>;

// The page of a frame that lies at `offset`; -1 for anything else.
int64_t NumberOf(int size, int64_t offset) {
  const int64_t first = kHeaderBytes + kFrameHeaderBytes;
  if (size != kPageBytes || offset < first || (offset - first) % kFrameBytes != 0) return -1;
  return (offset - first) / kFrameBytes;
}

uint32_t BigEndian(const char* bytes) {
  uint32_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return be32toh(number);
}

Checksum AddTo(Checksum sum, const char* bytes, int size) {
  for (int i = 0; i < size; i += 8) {
    std::array<uint32_t, 2> words = {};
    std::memcpy(words.data(), bytes + i, 8);
    sum[0] += words[0] + sum[1];
    sum[1] += words[1] + sum[0];
  }
  return sum;
}

struct Header {
  explicit Header(const char* bytes)
      : checksum{BigEndian(bytes + 24), BigEndian(bytes + 28)},
        is_whole(BigEndian(bytes) == kMagic && BigEndian(bytes + 8) == kPageBytes &&
                 AddTo({}, bytes, 24) == checksum) {
    std::memcpy(salt.data(), bytes + 16, salt.size());
  }
  Salt salt;
  Checksum checksum;
  bool is_whole;
};

struct Frame {
  // Whether it was written after the one with that checksum.
  bool Follows(const Checksum& before) const {
    return page != 0 && AddTo(AddTo(before, bytes.data(), 8), bytes.data() + kFrameHeaderBytes,
                              kPageBytes) == checksum;
  }
  std::string bytes;
  uint32_t page = 0;
  bool ends_transaction = false;
  Checksum checksum = {};
};

// The next frame of the log with that salt.
std::optional<Frame> Read(std::ifstream& log, const Salt& salt) {
  Frame frame{.bytes = std::string(kFrameBytes, '\0')};
  if (!log.read(frame.bytes.data(), kFrameBytes)) return std::nullopt;
  const char* bytes = frame.bytes.data();
  if (std::memcmp(bytes + 8, salt.data(), salt.size()) != 0) return std::nullopt;
  frame.page = BigEndian(bytes);
  frame.ends_transaction = BigEndian(bytes + 4) != 0;
  frame.checksum = {BigEndian(bytes + 16), BigEndian(bytes + 20)};
  return frame;
}

// SQLite's struct WalIndexHdr, twice at the beginning of PATH-shm, in the machine's own order.
struct Index {
  uint32_t version, unused, change;
  uint8_t is_filled, is_big_endian;
  uint16_t page_bytes;
  uint32_t frames, pages;
  Checksum frame_checksum;
  Salt salt;
  Checksum checksum;
};
static_assert(sizeof(Index) == 48);

// How many frames with that salt were synced, as far as the index knows.
uint32_t FramesSynced(const std::string& path, const Salt& salt) {
  std::ifstream file(path + "-shm", std::ios::binary);
  uint32_t frames = 0;
  std::array<char, sizeof(Index)> bytes = {};
  for (int copy = 0; copy < 2 && file.read(bytes.data(), bytes.size()); ++copy) {
    Index index = {};
    std::memcpy(&index, bytes.data(), bytes.size());
    if (index.is_filled == 1 && index.salt == salt &&
        AddTo({}, bytes.data(), offsetof(Index, checksum)) == index.checksum)
      frames = std::max(frames, index.frames);
  }
  return frames;
}

// The logs that this process has open, by path.
struct OpenLogs {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<LogPages>> logs;  // guarded by mutex
};

OpenLogs& TheOpenLogs() {
  static OpenLogs& open = *new OpenLogs;
  return open;
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, "-wal is damaged, ", what,
                                          "; committed writes are lost: restore a backup"));
}

}  // namespace

std::shared_ptr<LogPages> LogPages::Of(const std::string& path) {
  OpenLogs& open = TheOpenLogs();
  const std::lock_guard<std::mutex> guard(open.mutex);
  std::erase_if(open.logs, [](const auto& one) { return one.second.expired(); });
  std::shared_ptr<LogPages> pages = open.logs[path].lock();
  if (pages == nullptr) open.logs[path] = pages = std::make_shared<LogPages>();
  return pages;
}

void LogPages::Write(const char* bytes, int size, int64_t offset) {
  if (size <= kHeaderBytes) return;  // a header
  const int64_t number = NumberOf(size, offset);
  if (number < 0) return Forget();
  const uint64_t hash = HashPage(bytes);
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto index = static_cast<size_t>(number);
  if (index >= hashes_.size()) hashes_.resize(index + 1);
  hashes_[index] = hash;
}

void LogPages::Forget() {
  const std::lock_guard<std::mutex> guard(mutex_);
  hashes_.clear();
}

bool LogPages::Matches(const char* bytes, int size, int64_t offset) {
  const int64_t number = NumberOf(size, offset);
  if (number < 0) return true;
  uint64_t hash = 0;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (static_cast<size_t>(number) < hashes_.size()) hash = hashes_[static_cast<size_t>(number)];
  }
  return hash == 0 || hash == HashPage(bytes);
}

// Whoever opens the log meanwhile waits: closing the index here would drop SQLite's locks on it.
absl::Status CheckLog(const std::string& path) {
  OpenLogs& open = TheOpenLogs();
  const std::lock_guard<std::mutex> guard(open.mutex);
  const auto used = open.logs.find(path + "-wal");
  if (used != open.logs.end() && !used->second.expired()) return absl::OkStatus();
  std::ifstream log(path + "-wal", std::ios::binary);
  std::array<char, kHeaderBytes> bytes = {};
  // SQLite syncs the header before it writes a frame.
  if (!log.read(bytes.data(), bytes.size()) || log.peek() == EOF) return absl::OkStatus();
  const Header header(bytes.data());
  if (!header.is_whole) return Damaged(path, "its first bytes are not its header");
  uint32_t frames = 0, committed = 0;
  Checksum last = header.checksum;
  std::optional<Frame> frame;
  while ((frame = Read(log, header.salt)).has_value() && frame->Follows(last)) {
    last = frame->checksum;
    ++frames;
    if (frame->ends_transaction) committed = frames;
  }
  if (FramesSynced(path, header.salt) > committed)
    return Damaged(path, absl::StrCat("page ", frames + 1, " is not what was written"));
  while (frame.has_value()) {
    const std::optional<Frame> next = Read(log, header.salt);
    if (next.has_value() && frame->ends_transaction && next->Follows(frame->checksum))
      return Damaged(path, absl::StrCat("page ", frames + 1, " is not what was written"));
    frame = next;
  }
  return absl::OkStatus();
}

}  // namespace vivier::storage
