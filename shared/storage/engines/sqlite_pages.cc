#include "shared/storage/engines/sqlite_pages.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "shared/storage/engines/sqlite_errors.h"

namespace vivier::storage {
namespace {

constexpr int kSealedBytes = kPageBytes - kPageChecksumBytes;
// Further lines say no more than these.
constexpr char kOfEach[] = "PRAGMA quick_check(20)", kOfIndexes[] = "PRAGMA integrity_check(20)";

static_assert(std::endian::native == std::endian::little, "the checksum is little-endian");

uint64_t ChecksumOf(const char* page, int64_t offset) {
  return XXH3_64bits(page, kSealedBytes) ^ static_cast<uint64_t>(offset);
}

#ifdef __x86_64__
uint64_t WordAt(const char* place) {
  uint64_t word = 0;
  std::memcpy(&word, place, sizeof(word));
  return word;
}

// Four checksums side by side, since each of the processor's waits for the one before. What changes
// in one quarter changes the answer.
__attribute__((target("sse4.2"))) uint64_t Crc32cOfQuarters(const char* page) {
  constexpr int kQuarter = kPageBytes / 4;
  uint64_t first = 0, second = 0, third = 0, fourth = 0;
  for (const char* end = page + kQuarter; page != end; page += sizeof(uint64_t)) {
    first = _mm_crc32_u64(first, WordAt(page));
    second = _mm_crc32_u64(second, WordAt(page + kQuarter));
    third = _mm_crc32_u64(third, WordAt(page + 2 * kQuarter));
    fourth = _mm_crc32_u64(fourth, WordAt(page + 3 * kQuarter));
  }
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  return (first << 32 | second) ^ (third << 32 | fourth) * kOdd;
}
#endif

int64_t CountPages(sqlite3* db) {
  int64_t pages = 0;
  const auto read = [](void* count, int, char** values, char**) {
    *static_cast<int64_t*>(count) = values[0] == nullptr ? 0 : std::strtoll(values[0], nullptr, 10);
    return 0;
  };
  sqlite3_exec(db, "PRAGMA page_count", read, &pages, nullptr);
  return pages;
}

}  // namespace

void SealPage(char* page, int64_t offset) {
  const uint64_t checksum = ChecksumOf(page, offset);
  std::memcpy(page + kSealedBytes, &checksum, kPageChecksumBytes);
}

bool IsPageIntact(const char* page, int64_t offset) {
  uint64_t checksum = 0;
  std::memcpy(&checksum, page + kSealedBytes, kPageChecksumBytes);
  if (checksum == ChecksumOf(page, offset)) return true;
  return std::all_of(page, page + kPageBytes, [](char byte) { return byte == 0; });
}

uint64_t HashPage(const char* page) {
#ifdef __x86_64__
  static const bool has_crc32c = __builtin_cpu_supports("sse4.2") != 0;
  if (has_crc32c) return Crc32cOfQuarters(page);
#endif
  return XXH3_64bits(page, kPageBytes);
}

absl::StatusOr<StorageCheck> CheckPages(sqlite3* db, PageCheck how) {
  StorageCheck check;
  const char* const pragma = how == PageCheck::kEach ? kOfEach : kOfIndexes;
  sqlite3_exec(db, "PRAGMA ignore_check_constraints=ON", nullptr, nullptr, nullptr);
  const auto add = [](void* damaged, int, char** values, char**) {
    // A finding has a line, below one with the name of the database.
    for (const absl::string_view line :
         absl::StrSplit(values[0] == nullptr ? "" : values[0], '\n', absl::SkipEmpty()))
      if (line != "ok" && !absl::StartsWith(line, "***"))
        static_cast<std::vector<std::string>*>(damaged)->emplace_back(line);
    return 0;
  };
  const int code = sqlite3_exec(db, pragma, add, &check.damaged, nullptr);
  sqlite3_exec(db, "PRAGMA ignore_check_constraints=OFF", nullptr, nullptr, nullptr);
  check.checked = CountPages(db);
  if (code == SQLITE_OK) return check;
  absl::Status status = SqliteError(db, code, pragma);
  if (!absl::IsDataLoss(status)) return status;
  check.damaged.emplace_back(status.message());
  return check;
}

}  // namespace vivier::storage
