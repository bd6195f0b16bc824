// The pages of a database's file, each with a checksum, so that what a disk changed is found where
// it is read.
//
//   ┌──────────────────────────┬────────────┐
//   │ 4,088 bytes of SQLite's  │ checksum 8 │
//   └──────────────────────────┴────────────┘
//
// The checksum is XXH3 of the bytes before it, XOR the page's place in the file, little-endian: a
// page that was written to the place of another does not pass either. Functions without state.
#pragma once

#include <sqlite3.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

inline constexpr int kPageBytes = 4096;
// SQLite leaves them alone at the end of each page: SQLITE_FCNTL_RESERVE_BYTES.
inline constexpr int kPageChecksumBytes = 8;

// Writes its checksum into the page at `offset` of the file.
void SealPage(char* page, int64_t offset);

// Whether the page is as it was sealed, or was never written: SQLite leaves holes for pages that
// became free in the transaction which added them.
bool IsPageIntact(const char* page, int64_t offset);

// Of a whole page, to be compared within this process: what a processor has an instruction for
// takes a quarter of what XXH3 takes, and each commit pays it for each of its pages.
uint64_t HashPage(const char* page);

enum class PageCheck {
  kEach,         // alone, with the order of its rows
  kWithIndexes,  // whether each index has an entry for each row that it is to have, too
};

// Reads every page that belongs to a table, an index or the list of free pages; constraints are
// left to `vivier verify`, which names what broke.
absl::StatusOr<StorageCheck> CheckPages(sqlite3* db, PageCheck how);

}  // namespace vivier::storage
