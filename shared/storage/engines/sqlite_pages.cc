#include "shared/storage/engines/sqlite_pages.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "shared/storage/engines/sqlite_errors.h"

namespace vivier::storage {
namespace {

constexpr int kSealedBytes = kPageBytes - kPageChecksumBytes;
// Further lines say no more than these.
constexpr char kQuickCheck[] = "PRAGMA quick_check(20)";

static_assert(std::endian::native == std::endian::little, "the checksum is little-endian");

uint64_t ChecksumOf(const char* page, int64_t offset) {
  return XXH3_64bits(page, kSealedBytes) ^ static_cast<uint64_t>(offset);
}

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

uint64_t HashPage(const char* page) { return XXH3_64bits(page, kPageBytes); }

absl::StatusOr<StorageCheck> CheckPages(sqlite3* db) {
  StorageCheck check;
  sqlite3_exec(db, "PRAGMA ignore_check_constraints=ON", nullptr, nullptr, nullptr);
  const auto add = [](void* damaged, int, char** values, char**) {
    const std::string line = values[0] == nullptr ? "" : values[0];
    if (line != "ok") static_cast<std::vector<std::string>*>(damaged)->push_back(line);
    return 0;
  };
  const int code = sqlite3_exec(db, kQuickCheck, add, &check.damaged, nullptr);
  sqlite3_exec(db, "PRAGMA ignore_check_constraints=OFF", nullptr, nullptr, nullptr);
  check.checked = CountPages(db);
  if (code == SQLITE_OK) return check;
  absl::Status status = SqliteError(db, code, kQuickCheck);
  if (!absl::IsDataLoss(status)) return status;
  check.damaged.emplace_back(status.message());
  return check;
}

}  // namespace vivier::storage
